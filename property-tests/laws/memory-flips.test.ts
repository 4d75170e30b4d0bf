import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "#core/identity/hexadecimal.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { emptyLedger, evolve, type Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import {
  agreedCommits,
  agreedOutputs,
  type Lockstep,
  lockstep,
  Parted,
  stepTogether,
} from "#core/node/lockstep.ts";
import type { GoldenRun } from "../golden/entry.ts";
import { fromPlainText, plainText } from "../golden/plain-text.ts";
import { flip, leavesOf, sharedObjects } from "../simulator/flipped-state.ts";
import { program } from "../simulator/modelled-program.ts";
import { modelledSigner } from "../simulator/test-signer.ts";
import { runs } from "./law-runs.ts";

const modelled = { first: program, second: program };
const text = readFileSync(new URL("../golden/run-2.json", import.meta.url), "utf8");
const recorded = (): GoldenRun => fromPlainText(text) as GoldenRun;

/** What one node was told in the recorded run; undefined where its agent starts again. */
function toldTo(node: number): readonly (Input | undefined)[] {
  return recorded()
    .inputs.filter((one) => one.node === node)
    .map(({ input }) => input);
}

function begin(node: number, journal: readonly Uint8Array[]): Lockstep {
  const fold = (): Ledger => journal.flatMap(decodeCommit).reduce(evolve, emptyLedger);
  return lockstep(modelledSigner(node + 1), fold(), fold(), modelled);
}

/** What a node did, one text for each input. */
interface Story {
  readonly done: readonly string[];
  readonly found: boolean;
}

/** Tells a node everything; `harm` may change it before any input. Ends where a flip is found. */
function tell(node: number, harm: (pair: Lockstep, at: number) => void = () => undefined): Story {
  const done: string[] = [];
  const journal: Uint8Array[] = [];
  let pair = begin(node, []);
  for (const [at, input] of toldTo(node).entries()) {
    if (input === undefined) {
      pair = begin(node, journal);
      continue;
    }
    harm(pair, at);
    try {
      const step = stepTogether(pair, input);
      const commits = agreedCommits(step.events, step.twinEvents, pair.programs);
      pair = step.pair;
      journal.push(...commits);
      const told = `${commits.map(toHex)} ${plainText(step.outputs)}`;
      done.push(createHash("sha256").update(told).digest("hex").slice(0, 16));
    } catch (error) {
      if (!(error instanceof Parted)) throw error;
      return { done, found: true };
    }
  }
  return { done, found: false };
}

describe("T18: two nodes in lockstep", () => {
  test.each([0, 1, 2])("do what one node does, and share no memory (node %i)", (node) => {
    expect(tell(node).found).toBe(false);
    tell(node, ({ node: one, twin }) => {
      expect(sharedObjects([one.ledger, one.live], [twin.ledger, twin.live])).toEqual([]);
    });
  });

  test("a bit that flips in an output while the journal is synced is found before it is performed", () => {
    const flipped = { Send: 0, Quota: 0, Gate: 0 };
    for (const node of [0, 1, 2]) {
      const journal: Uint8Array[] = [];
      let pair = begin(node, journal);
      for (const input of toldTo(node)) {
        if (input === undefined) {
          pair = begin(node, journal);
          continue;
        }
        const step = stepTogether(pair, input);
        journal.push(...agreedCommits(step.events, step.twinEvents, pair.programs));
        pair = step.pair;
        expect(agreedOutputs(step.outputs, step.twinOutputs)).toBe(step.outputs);
        expect(sharedObjects([step.outputs], [step.twinOutputs])).toEqual([]);
        for (const [i, output] of step.outputs.entries()) {
          if (output.type !== "Send" && output.type !== "Quota" && output.type !== "Gate") continue;
          const harmed = [...step.outputs];
          if (output.type === "Send") {
            const bytes = output.bytes.slice();
            bytes[7] = (bytes[7] ?? 0) ^ 4;
            harmed[i] = { ...output, bytes };
          } else harmed[i] = { ...output, limit: output.limit ^ 1024n };
          expect(() => agreedOutputs(harmed, step.twinOutputs)).toThrow(Parted);
          flipped[output.type] += 1;
        }
      }
    }
    for (const count of Object.values(flipped)) expect(count).toBeGreaterThan(10);
  });

  test("a bit that flips anywhere in what one of them knows changes nothing that is done: it is found, or has no effect", () => {
    const right = [0, 1, 2].map((node) => tell(node).done);
    let found = 0;
    fc.assert(
      fc.property(
        fc.record({
          node: fc.integer({ min: 0, max: 2 }),
          at: fc.nat(),
          leaf: fc.nat(),
          bit: fc.nat(200),
          side: fc.constantFrom("node", "twin"),
        }),
        ({ node, at, leaf, bit, side }) => {
          const expected = right[node] ?? [];
          const moment = at % toldTo(node).length;
          const story = tell(node, (pair, now) => {
            if (now !== moment) return;
            const { ledger, live } = pair[side as "node"];
            const leaves = leavesOf(ledger, live);
            const chosen = leaves[leaf % Math.max(1, leaves.length)];
            if (chosen !== undefined) flip(chosen, bit);
          });
          if (story.found) found += 1;
          else expect(story.done.length).toBe(expected.length);
          expect(story.done).toEqual(expected.slice(0, story.done.length));
        },
      ),
      { numRuns: runs(300) },
    );
    expect(found).toBeGreaterThan(30);
  });

  test("a signature that nobody would accept is found before it is sent", () => {
    const signer = modelledSigner(1);
    const spoilt = {
      id: signer.id,
      sign: (digest: Uint8Array) =>
        signer.sign(digest).map((byte, i) => (i === 7 ? byte ^ 4 : byte)),
    };
    const pair = lockstep(spoilt, emptyLedger, emptyLedger, modelled);
    const [first] = toldTo(0);
    if (first === undefined) throw new Error("a run begins with its configuration");
    expect(() => stepTogether(pair, first)).toThrow(Parted);
  });
});
