import type { Input } from "#core/node/input.ts";
import type { Output } from "#core/node/output.ts";
import type { Step } from "#core/node/step.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import type { RunOptions } from "../network/build.ts";
import type { Story } from "../network/network.ts";
import { simulate } from "../network/simulation.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** At most so many lines: the last ones matter. */
export const traceLimit = 20_000;

/** At most so many characters of one event or message. */
const widthLimit = 400;

/** Everything that happened in a run, up to its first violation: inputs, events and outputs. */
export function traceOf(scenario: Scenario, options: RunOptions): readonly string[] {
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    if (lines.length > 2 * traceLimit) lines.splice(0, lines.length - traceLimit);
  };
  const story: Story = {
    tell: (step, node, what) => say(`${step}\t${node}\t** ${what}`),
    took: (step, node, input, done) => {
      for (const line of linesOf(input, done)) say(`${step}\t${node}\t${line}`);
    },
  };
  simulate(scenario, { ...options, story, stopAtViolation: true });
  return lines.slice(-traceLimit);
}

function linesOf(input: Input, { events, outputs }: Step): readonly string[] {
  if (events.length + outputs.length === 0 && input.type !== "Datagram") return [];
  return [
    `<- ${inputText(input)}`,
    ...events.map((event) => `   ${event.type} ${text(event)}`),
    ...outputs.map((output) => `-> ${outputText(output)}`),
  ];
}

function inputText(input: Input): string {
  if (input.type === "Datagram") return `from ${input.neighbour}: ${messageText(input.bytes)}`;
  return `${input.type} ${text(input)}`;
}

function outputText(output: Output): string {
  if (output.type === "Send") return `to ${output.neighbour}: ${messageText(output.bytes)}`;
  return `${output.type} ${text(output)}`;
}

function messageText(bytes: Uint8Array): string {
  const message = decodeMessage(bytes);
  return typeof message === "string" ? `(${message})` : `${message.type} ${text(message)}`;
}

/** Keys and signatures say nothing to a reader; who spoke is on the line already. */
const omitted: ReadonlySet<string> = new Set([
  "type",
  "sender",
  "recipient",
  "contract",
  "tunnelKey",
]);

function text(value: object): string {
  const whole = JSON.stringify(value, (name, one: unknown) => {
    if (typeof one === "bigint") return String(one);
    return omitted.has(name) || one instanceof Uint8Array ? undefined : one;
  });
  return whole.length > widthLimit ? `${whole.slice(0, widthLimit)}...` : whole;
}
