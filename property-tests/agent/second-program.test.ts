import { execFileSync } from "node:child_process";
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

/** Two bundles, on a busy machine, in milliseconds. */
const bundleTime = 60_000;

let home = "";
const folder = (name: string): string => join(home, name);
const loaded = (name: keyof typeof secondEntries): Program =>
  Effect.runSync(secondProgram(folder(name), true)).program;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-second-"));
  for (const name of ["shipped", "modelled"] as const) writeSecondProgram(folder(name), name);
}, bundleTime);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const text = readFileSync(new URL("../golden/run-2.json", import.meta.url), "utf8");
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

/** The prototypes of all values and of everything below them, but functions. */
function prototypesOf(roots: Iterable<unknown>): ReadonlySet<unknown> {
  const [seen, prototypes] = [new Set<unknown>(), new Set<unknown>()];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    prototypes.add(Object.getPrototypeOf(value));
    if (!ArrayBuffer.isView(value)) for (const inner of Object.values(value)) walk(inner);
  };
  for (const root of roots) walk(root);
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
      prototypesOf([ledger, live, tunnelKey, refusals]),
    );
    expect([first?.size, second?.size]).toEqual([3, 3]);
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

test("a program that runs from its sources loads every module of the core once more, each time it is asked", () => {
  const code = `
    import { runPromise } from "effect/Effect";
    import { secondProgram } from "#agent/agent/second-program.ts";
    import { program } from "#core/node/program.ts";
    const [one, other] = [await runPromise(secondProgram()), await runPromise(secondProgram())];
    const names = Object.keys(program).filter((name) => typeof program[name] === "function");
    const common = names.filter((name) =>
      new Set([program, one.program, other.program].map((it) => it[name])).size < 3);
    console.log(JSON.stringify([one.own, other.own, names.length, common]));`;
  const words = ["--input-type=module", "--disable-warning=ExperimentalWarning", "-e", code];
  const said = execFileSync(process.execPath, words, { encoding: "utf8" });
  expect(JSON.parse(said)).toEqual([true, true, Object.keys(program).length - 1, []]);
});

test("where the loader is not Node's own, it is said that both nodes are of one program", async () => {
  // These tests are loaded by vite, which looks at no query of what such a module imports.
  expect((await Effect.runPromise(secondProgram())).own).toBe(false);
});
