import * as Effect from "effect/Effect";
import { type Answer, askAgent, controlPath } from "#agent/agent/control-socket.ts";
import type { Config } from "#agent/config/config.ts";
import { plainAnswer } from "#agent/status-page/asking.ts";
import type { StatusAnswer } from "#agent/status-page/node-answers.ts";
import { overview } from "#agent/status-page/overview.ts";
import type { Sample } from "#agent/status-page/sampler.ts";
import { type UsageReport, usageReport } from "#agent/status-page/usage-report.ts";
import { type Look, type ScreenLine, screenLines } from "./watch-screen.ts";

/** How often the agent is asked, in ms, and after how many times the history is. */
const interval = 2000;
const usageLooks = 30;

/** How many samples are kept for the picture of the last minutes. */
const sampleLimit = 90;

/** Where a screen is drawn. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** Undefined where it is no terminal: then screens follow each other, without any control. */
  readonly size: () => { readonly width: number; readonly height: number } | undefined;
  readonly colours: boolean;
}

const { NO_COLOR } = process.env;

/** The terminal of this process; colours unless NO_COLOR is set (https://no-color.org). */
export const ownTerminal: Terminal = {
  write: (text) => void process.stdout.write(text),
  size: () =>
    process.stdout.isTTY
      ? { width: process.stdout.columns, height: process.stdout.rows }
      : undefined,
  colours: process.stdout.isTTY && (NO_COLOR ?? "") === "",
};

/** Draws the state of the running agent again and again, until it is interrupted. */
export const watchStatus = (config: Config, terminal: Terminal = ownTerminal) =>
  Effect.acquireUseRelease(
    Effect.sync(() => enter(terminal)),
    () => drawing(config, terminal),
    () => Effect.sync(() => leave(terminal)),
  );

const drawing = Effect.fnUntraced(function* (config: Config, terminal: Terminal) {
  const answer: Answer = (request) => askAgent(controlPath(config.journal.directory), request);
  let samples: readonly Sample[] = [];
  let usage: UsageReport | undefined;
  for (let looks = 0; ; looks++) {
    const status = (yield* plainAnswer(answer, ["status"])) as StatusAnswer;
    samples = [...samples, sampleOf(status)].slice(-sampleLimit);
    const now = Date.now() / 1000;
    if (looks % usageLooks === 0 && config.history.on) {
      usage = yield* usageReport(answer, status.neighbours.length, now).pipe(
        Effect.catch(() => Effect.succeed(undefined)),
      );
    }
    const seen = yield* overview(answer, { config, usage, samples, now });
    const size = terminal.size() ?? { width: 120, height: 10_000 };
    draw(terminal, screenLines(seen, size.width, size.height));
    yield* Effect.sleep(interval);
  }
});

function sampleOf({ neighbours }: StatusAnswer): Sample {
  const accounts = neighbours.flatMap((one) => one.accounts);
  const sum = (direction: string, key: "position" | "amount") =>
    accounts.reduce((all, one) => (one.direction === direction ? all + BigInt(one[key]) : all), 0n);
  return {
    at: performance.now(),
    sent: sum("we pay", "position"),
    received: sum("we are paid", "position"),
    owed: sum("we pay", "amount"),
    earned: sum("we are paid", "amount"),
  };
}

const control = "\u001b[";

const colours: Readonly<Record<Look, string>> = {
  plain: "0",
  strong: "1",
  soft: "2",
  good: "32",
  bad: "1;31",
};

/** Home, each line to its end, and the rest of the screen: nothing flickers. */
function draw(terminal: Terminal, lines: readonly ScreenLine[]): void {
  const texts = lines.map(({ look, text }) =>
    terminal.colours ? `${control}${colours[look]}m${text}${control}0m` : text,
  );
  if (terminal.size() === undefined) return terminal.write(`${texts.join("\n")}\n\n`);
  terminal.write(`${control}H${texts.map((one) => `${one}${control}K\r\n`).join("")}${control}J`);
}

/** A screen of its own, without a cursor; what was there before is there again afterwards. */
function enter(terminal: Terminal): void {
  if (terminal.size() !== undefined) terminal.write(`${control}?1049h${control}?25l`);
}

function leave(terminal: Terminal): void {
  if (terminal.size() !== undefined) terminal.write(`${control}?25h${control}?1049l`);
}
