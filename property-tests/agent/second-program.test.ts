import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secondProgram } from "#agent/agent/second-program.ts";
import { sameBytes, toHex } from "#core/identity/hexadecimal.ts";
import { emptyLedger, type Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import {
  agreedCommits,
  type Lockstep,
  lockstep,
  Parted,
  stepTogether,
} from "#core/node/lockstep.ts";
import { type Program, program } from "#core/node/program.ts";
import type { GoldenRun } from "../golden/entry.ts";
import { fromPlainText, plainText } from "../golden/plain-text.ts";
import { program as modelled } from "../simulator/modelled-program.ts";
import { type secondEntries, writeSecondProgram } from "../simulator/second-bundle.ts";
import { modelledSigner, testSigner } from "../simulator/test-signer.ts";

let home = "";
const folder = (name: string): string => join(home, name);
const loaded = (name: keyof typeof secondEntries): Program =>
  Effect.runSync(secondProgram(folder(name), true)).program;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-second-"));
  for (const name of ["shipped", "modelled"] as const) writeSecondProgram(folder(name), name);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const text = readFileSync(new URL("../golden/run.json", import.meta.url), "utf8");
const toldTo = (node: number): readonly (Input | undefined)[] =>
  (fromPlainText(text) as GoldenRun).inputs
    .filter((one) => one.node === node)
    .map(({ input }) => input);

/** What the pair did and journaled, and how it ended. */
function lived(node: number, second: Program) {
  const programs = { first: modelled, second };
  const journal: Uint8Array[] = [];
  const fold = (by: Program): Ledger =>
    journal
      .flatMap((commit) => by.decodeCommit(by.copyOf(commit)))
      .reduce(by.evolve, by.emptyLedger);
  const begin = (): Lockstep =>
    lockstep(modelledSigner(node + 1), fold(modelled), fold(second), programs);
  const done: string[] = [];
  let pair = begin();
  for (const input of toldTo(node)) {
    if (input === undefined) {
      pair = begin();
      continue;
    }
    const step = stepTogether(pair, input);
    const commits = agreedCommits(step.events, step.twinEvents, programs);
    pair = step.pair;
    journal.push(...commits);
    done.push(`${commits.map(toHex)} ${plainText(step.outputs)}`);
  }
  return { done, pair };
}

/** The prototypes of everything below a value but functions. */
function prototypesOf(root: unknown): Set<unknown> {
  const [seen, prototypes] = [new Set<unknown>(), new Set<unknown>()];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    prototypes.add(Object.getPrototypeOf(value));
    if (!ArrayBuffer.isView(value)) for (const inner of Object.values(value)) walk(inner);
  };
  walk(root);
  return prototypes;
}

const ours = [Object.prototype, Array.prototype, Uint8Array.prototype, Map.prototype];

describe("a second program in a realm of its own", () => {
  test.each([0, 1, 2])("does to the byte what the first one does (node %i)", (node) => {
    const { done } = lived(node, loaded("modelled"));
    expect(done).toEqual(lived(node, modelled).done);
  });

  test("keeps a node whose every object is of its realm, and leaves none of them in the first's", () => {
    const { node, twin } = lived(1, loaded("modelled")).pair;
    const [first, second] = [node, twin].map(({ ledger, live, tunnelKey, refusals }) =>
      prototypesOf([[ledger, live, tunnelKey, refusals]].flat()),
    );
    first?.delete(Array.prototype);
    second?.delete(Array.prototype); // of the list that this test itself makes
    expect(first?.size).toBe(2);
    expect(second?.size).toBe(3);
    expect([...(first ?? [])].filter((one) => !ours.some((our) => our === one))).toEqual([]);
    expect([...(second ?? [])].filter((one) => ours.some((our) => our === one))).toEqual([]);
  });

  test("copies bytes that are a view of others' memory", () => {
    const datagram = Buffer.from([1, 2, 3]);
    const copy = loaded("shipped").copyOf(datagram);
    datagram[0] = 9;
    expect([...copy]).toEqual([1, 2, 3]);
    expect(copy.buffer).not.toBe(datagram.buffer);
    expect(program.copyOf(datagram).buffer).not.toBe(datagram.buffer);
  });

  test("checks real signatures, and finds a wrong one", () => {
    const second = loaded("shipped");
    const { id, sign } = testSigner(1);
    const digest = new Uint8Array(32).fill(5);
    const signature = sign(digest);
    expect(second.signedBy(id, digest, signature)).toBe(true);
    signature[40] = (signature[40] ?? 0) ^ 1;
    expect(second.signedBy(id, digest, signature)).toBe(false);
  });

  test("that omits an event, decides another limit or throws is found, whichever of the two it is", () => {
    const { step } = loaded("modelled");
    const defects: readonly Program["step"][] = [
      (node, input) => {
        const done = step(node, input);
        return { ...done, events: done.events.filter(({ type }) => type !== "BytesRead") };
      },
      (node, input) => {
        const done = step(node, input);
        const outputs = done.outputs.map((one) =>
          one.type === "Gate" ? { ...one, limit: one.limit + 1n } : one,
        );
        return { ...done, outputs };
      },
      () => {
        throw new RangeError("a bit of the program flipped");
      },
    ];
    for (const defect of defects) {
      expect(() => lived(1, { ...loaded("modelled"), step: defect })).toThrow(Parted);
    }
  });

  test("whose first one refuses a signature that holds is not followed", () => {
    const first = { ...modelled, signedBy: () => false };
    const programs = { first, second: loaded("modelled") };
    const told = toldTo(1);
    let pair = lockstep(modelledSigner(2), emptyLedger, emptyLedger, programs);
    expect(() => {
      for (const input of told) if (input !== undefined) pair = stepTogether(pair, input).pair;
    }).toThrow(Parted);
  });
});

describe("a bundle", () => {
  const words = (directory: string): string =>
    Effect.runSync(Effect.flip(secondProgram(directory, true))).words;

  test("without its second file does not start, and says what is missing", () => {
    expect(words(home)).toMatch(/not whole.*second-program\.js.*ENOENT.*install/);
  });

  test("whose second file is cut or another one does not start", () => {
    const whole = readFileSync(join(folder("shipped"), "second-program.js"));
    for (const [bytes, saying] of [
      [whole.subarray(0, whole.length >> 1), "SyntaxError"],
      ["", "no program"],
      ["var core = { program: {} };", "no program"],
    ] as const) {
      writeFileSync(join(home, "second-program.js"), bytes);
      expect(words(home)).toContain(saying);
    }
    rmSync(join(home, "second-program.js"));
  });

  test("is two files with one core: what the second one encodes, the first one reads", () => {
    const { emptyLedger: blank, encodeSnapshot } = loaded("shipped");
    const none = { leaps: () => 0n, forgiven: () => 0n };
    expect(sameBytes(encodeSnapshot(blank, none), program.encodeSnapshot(blank, none))).toBe(true);
  });
});

test("a program that runs from its sources says that both nodes are of one program", () => {
  const second = Effect.runSync(secondProgram());
  expect(second.own).toBe(false);
  expect(second.program).toBe(program);
});
