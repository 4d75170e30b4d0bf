import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { eventKinds } from "#core/journal/event-form.ts";
import { bidVerdicts } from "#core/peer/bid.ts";
import { bidMessageKinds } from "#core/peer/bid-form.ts";
import { decodeBidMessage, isSigned } from "#core/peer/bid-reader.ts";
import { messageKinds } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { bidSpecimens } from "./bid-specimen.ts";
import { commitSpecimens } from "./commit-specimen.ts";
import { type GoldenBytes, type GoldenRun, run } from "./entry.ts";
import {
  digestSpecimens,
  eventSpecimens,
  messageSpecimens,
  secondMessageSpecimens,
} from "./specimen.ts";

/** What stands in files of its own: messages and runs by version of the protocol. */
const goldenFiles = [
  "events",
  "commits",
  "messages-1",
  "messages-2",
  "digests",
  "run-1",
  "run-2",
  "bids-1",
] as const;

function textOf(what: string): string {
  return readFileSync(new URL(`${what}.json`, import.meta.url), "utf8");
}

function entriesOf(what: (typeof goldenFiles)[number]) {
  return (JSON.parse(textOf(what)) as GoldenBytes).entries;
}

test.each(goldenFiles)("no byte of the golden %s has changed", (what) => {
  expect(run(textOf(what))).toBe(textOf(what));
});

test("every event ever written is read as what it was", () => {
  for (const [name, hex] of Object.entries(entriesOf("events"))) {
    expect(decodeCommit(fromHex(hex)), name).toEqual([eventSpecimens[name]]);
  }
});

test("every commit ever written is read as what it was", () => {
  expect(Object.keys(entriesOf("commits"))).toEqual(Object.keys(commitSpecimens));
  for (const [name, hex] of Object.entries(entriesOf("commits"))) {
    expect(decodeCommit(fromHex(hex)), name).toEqual(commitSpecimens[name]);
  }
});

test("every message ever sent is read as what it was", () => {
  const specimens = { ...messageSpecimens, ...secondMessageSpecimens };
  const entries = { ...entriesOf("messages-1"), ...entriesOf("messages-2") };
  for (const [name, hex] of Object.entries(entries)) {
    expect(decodeMessage(fromHex(hex)), name).toEqual(specimens[name]);
  }
});

test("every message about a bid ever sent is read as what it was, and there is one of each kind and verdict", () => {
  const entries = entriesOf("bids-1");
  expect(Object.keys(entries)).toEqual(Object.keys(bidSpecimens));
  for (const [name, hex] of Object.entries(entries)) {
    const message = decodeBidMessage(fromHex(hex));
    expect(message, name).toEqual(bidSpecimens[name]);
    expect(typeof message === "object" && isSigned(message), name).toBe(true);
  }
  const all = Object.values(bidSpecimens);
  expect([...new Set(all.map(({ type }) => type))]).toEqual(Object.keys(bidMessageKinds));
  const verdicts = all.flatMap((one) => (one.type === "SURCHARGE" ? [one.verdict] : []));
  expect(verdicts).toEqual([...bidVerdicts]);
});

test("there are golden bytes of every kind of event and message, and of every specimen", () => {
  const written = Object.values(eventSpecimens).map((event) => event.type);
  expect(Object.keys(eventKinds).filter((kind) => !written.includes(kind as never))).toEqual([]);
  const said = Object.values(messageSpecimens).map((message) => message.type);
  expect(Object.keys(messageKinds).filter((kind) => !said.includes(kind as never))).toEqual([]);
  expect(Object.keys(entriesOf("events"))).toEqual(Object.keys(eventSpecimens));
  expect(Object.keys(entriesOf("messages-1"))).toEqual(Object.keys(messageSpecimens));
  expect(Object.keys(entriesOf("messages-2"))).toEqual(Object.keys(secondMessageSpecimens));
  expect(Object.keys(entriesOf("digests"))).toEqual(Object.keys(digestSpecimens));
});

test("a changed byte in a golden file is found: the test can fail", () => {
  for (const what of [
    "events",
    "commits",
    "messages-1",
    "messages-2",
    "digests",
    "bids-1",
  ] as const) {
    const text = textOf(what);
    const at = text.lastIndexOf('"') - 1;
    const digit = text[at] === "0" ? "1" : "0";
    const wrong = text.slice(0, at) + digit + text.slice(at + 1);
    expect(run(wrong)).toBe(text);
    expect(run(wrong)).not.toBe(wrong);
  }
});

test("the recorded run contains every kind of input and most kinds of event", () => {
  const { inputs } = JSON.parse(textOf("run-2")) as GoldenRun;
  const kinds = new Set(inputs.map(({ input }) => input?.type));
  for (const kind of ["Configured", "Readings", "Datagram", "ChannelFact", "Wish", "Poke"]) {
    expect(kinds.has(kind as never), kind).toBe(true);
  }
  expect(kinds.has(undefined), "a restart").toBe(true);
  expect(inputs.length).toBeGreaterThan(200);
});
