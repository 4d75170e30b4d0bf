import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex, toHex } from "#core/identity/hexadecimal.ts";
import { decodeCommit, encodeCommit, plainBytes } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { Input } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
import { encodeBidMessage } from "#core/peer/bid-form.ts";
import { decodeBidMessage } from "#core/peer/bid-reader.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { modelledCheck, modelledSigner } from "../simulator/test-signer.ts";
import { bidSpecimens } from "./bid-specimen.ts";
import { commitSpecimens } from "./commit-specimen.ts";
import { fromPlainText, plainText } from "./plain-text.ts";
import {
  digestSpecimens,
  eventSpecimens,
  messageSpecimens,
  secondMessageSpecimens,
} from "./specimen.ts";

/** Bytes by name, as they were when the name was first written. */
export interface GoldenBytes {
  readonly what: "events" | "commits" | "messages" | "digests" | "bids";
  readonly entries: Readonly<Record<string, string>>;
}

/** What a line of nodes was told, one input after the other, and what each led to. */
export interface GoldenRun {
  readonly what: "run";
  /** The newest version of the protocol that they speak, 1 where it is not said. */
  readonly version?: number;
  /** How many nodes; they sign with the modelled keys 1, 2 and so on. */
  readonly nodes: number;
  readonly inputs: readonly RecordedInput[];
}

/** One input to one node; without an input, the agent starts again from its journal. */
export interface RecordedInput {
  readonly node: number;
  readonly input?: Input;
  /** The first 8 bytes of SHA-256 over events and outputs, hexadecimal. */
  readonly digest: string;
}

/**
 * Takes the text of a golden file and gives the text as the present code computes it: the same
 * text, unless a byte changed. No clock, no chance, no machine: fit for any engine.
 */
export function run(text: string): string {
  const golden = fromPlainText(text) as GoldenBytes | GoldenRun;
  const again = golden.what === "run" ? rerun(golden) : recomputed(golden, rawEntries(text));
  return `${plainText(again, 2)}\n`;
}

/** Entries as they stand in the text: their digits are not to be taken for bytes. */
function rawEntries(text: string): Readonly<Record<string, string>> {
  return (JSON.parse(text) as GoldenBytes).entries;
}

function recomputed(golden: GoldenBytes, entries: Readonly<Record<string, string>>): GoldenBytes {
  const found = Object.entries(entries).map(([name, hex]) => {
    return [name, bytesOf(golden.what, name) ?? reread(golden.what, hex)] as const;
  });
  return { what: golden.what, entries: Object.fromEntries(found) };
}

/** The bytes of a specimen today. */
export function bytesOf(what: GoldenBytes["what"], name: string): string | undefined {
  const event = eventSpecimens[name];
  const message = messageSpecimens[name] ?? secondMessageSpecimens[name];
  const commit = commitSpecimens[name];
  const bid = bidSpecimens[name];
  switch (what) {
    case "events":
      return event === undefined ? undefined : toHex(encodeCommit([event]));
    case "commits":
      return commit === undefined ? undefined : toHex(encodeCommit(commit));
    case "messages":
      return message === undefined ? undefined : toHex(encodeMessage(message));
    case "bids":
      return bid === undefined ? undefined : toHex(encodeBidMessage(bid));
    case "digests": {
      const digest = digestSpecimens[name];
      return digest === undefined ? undefined : toHex(digest());
    }
  }
}

/** Bytes that nobody writes any more must still be read. */
function reread(what: GoldenBytes["what"], hex: string): string {
  const bytes = fromHex(hex);
  if (what === "events" || what === "commits") decodeCommit(bytes);
  const message =
    what === "messages"
      ? decodeMessage(bytes)
      : what === "bids"
        ? decodeBidMessage(bytes)
        : undefined;
  return typeof message === "string" ? message : hex;
}

function rerun(golden: GoldenRun): GoldenRun {
  const signers = Array.from({ length: golden.nodes }, (_, i) => modelledSigner(i + 1));
  const journals: LedgerEvent[][] = signers.map(() => []);
  const versions = { oldest: 1, newest: golden.version ?? 1 };
  const nodes: Node[] = signers.map((signer) => replay(signer, [], modelledCheck, versions));
  const inputs = golden.inputs.map(({ node: index, input }): RecordedInput => {
    const node = nodes[index];
    const signer = signers[index];
    const journal = journals[index];
    if (node === undefined || signer === undefined || journal === undefined) {
      throw new RangeError(`no node ${index}`);
    }
    if (input === undefined) {
      nodes[index] = replay(signer, journal, modelledCheck, versions);
      return { node: index, digest: digestOf(plainText(nodes[index]?.ledger), []) };
    }
    const result = step(node, input);
    journal.push(...result.events);
    nodes[index] = result.node;
    return { node: index, input, digest: digestOf(plainText(result.outputs), result.events) };
  });
  return { ...golden, inputs };
}

function digestOf(text: string, events: readonly LedgerEvent[]): string {
  const said = Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
  // One form, whatever commits look like by now: this is about behaviour.
  const written = events.length === 0 ? [] : [plainBytes(events)];
  const parts = [said, ...written].map((part) => sha256(part));
  return toHex(sha256(Uint8Array.from(parts.flatMap((part) => [...part])))).slice(0, 16);
}
