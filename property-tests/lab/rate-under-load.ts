import { execFileSync, spawn } from "node:child_process";
import type { AgentPair } from "./agent-pair.ts";

/** A cable of a pair that carries less than its agents were told. */
export interface NarrowCable {
  /** What tc calls the queue in front of it, whose backlog is looked at. */
  readonly kind: "bfifo" | "netem";
  /** Of a sender that sends more than the cable carries, in seconds, and how long of it is looked at in the end. */
  readonly seconds: number;
  readonly looked: number;
  /** Datagrams of 1000 bytes, and the milliseconds in which so many are sent. */
  readonly datagrams: number;
  readonly every: number;
}

/** tc in the namespace of the one that sends. */
export function tcOfSender(pair: AgentPair, ...words: readonly string[]): string {
  return execFileSync("ip", ["netns", "exec", pair.namespace("a"), "tc", ...words], {
    encoding: "utf8",
  });
}

/** What our own queue lets through to b at most, in bits a second. */
export function rateNow(pair: AgentPair): number {
  const device = `${pair.prefix("a")}b1`;
  const shown = tcOfSender(pair, "class", "show", "dev", device);
  const [, number, unit = ""] = /class htb 1:1 .*ceil (\d+)([KM]?)bit/.exec(shown) ?? [];
  return Number(number) * ({ K: 1e3, M: 1e6 }[unit] ?? 1);
}

/**
 * Bytes that wait beyond our queues, second by second in the end, while a sends all that it can. Starts
 * both agents with these terms; they go on running.
 */
export async function waitingUnderLoad(
  pair: AgentPair,
  { kind, seconds, looked, datagrams, every }: NarrowCable,
  terms: Readonly<Record<string, string>>,
): Promise<readonly number[]> {
  for (const name of ["b", "a"] as const) await pair.start(name, terms);
  for (;;) {
    const { neighbours } = await pair.status("a");
    const paying = neighbours[0]?.accounts.find(({ direction }) => direction === "we pay");
    if (BigInt(paying?.reserved ?? "0") > 0n) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const text = `const s = require("node:dgram").createSocket("udp4");
    setInterval(() => { for (let i = 0; i < ${datagrams}; i++) s.send(Buffer.alloc(1000), 9, "10.99.7.2", () => {}); }, ${every});`;
  const words = ["netns", "exec", pair.namespace("a"), process.execPath, "-e", text];
  const sender = spawn("ip", words, { stdio: "ignore" });
  const found: number[] = [];
  try {
    for (let second = 0; second < seconds; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (second >= seconds - looked) found.push(waiting(pair, kind));
    }
  } finally {
    sender.kill("SIGKILL");
  }
  return found;
}

/** Bytes that wait in the cable's own queue. */
function waiting(pair: AgentPair, wanted: NarrowCable["kind"]): number {
  const shown = tcOfSender(pair, "-s", "-j", "qdisc", "show", "dev", "cable");
  const all = JSON.parse(shown) as readonly { readonly kind: string; readonly backlog: number }[];
  return all.find(({ kind }) => kind === wanted)?.backlog ?? 0;
}

/** The one in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
