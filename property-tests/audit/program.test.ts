import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc32 } from "#adapters/journal/crc32.ts";
import { segmentName } from "#adapters/journal/journal-file-name.ts";
import { flipBit } from "../journal/journal-place.ts";
import { audit, eventsAt, soldLine, writeJournal, writeJournals } from "./audited-line.ts";

const world = soldLine();
let home = "";
let honest: readonly string[] = [];
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-journal-audit-"));
  honest = await writeJournals(home, world);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const at = (i: number): string => honest[i] ?? "";

/** A copy of the first node's journal in which something is done to the files. */
function damaged(name: string, harm: (directory: string) => void): string {
  const directory = join(home, name);
  cpSync(at(0), directory, { recursive: true });
  harm(directory);
  return directory;
}

const flip = (directory: string, segment: number, bits: readonly number[]): void => {
  const file = join(directory, segmentName(segment));
  const bytes = readFileSync(file);
  for (const bit of bits) flipBit(bytes, bit);
  writeFileSync(file, bytes);
};

describe("exit codes", () => {
  test("0: honest journals agree, one by one and with each other", async () => {
    expect(await audit("verify", ...honest)).toMatchObject({ code: 0, err: "" });
    const { code, out } = await audit("compare", ...honest);
    expect(code).toBe(0);
    expect(out).toContain("the books agree");
  });

  test("1: a voucher removed; the evidence convinces without any journal", async () => {
    const events = eventsAt(world, 0);
    const last = events.findLastIndex((event) => event.type === "VoucherSigned");
    const forged = await writeJournal(join(home, "denied"), events.toSpliced(last, 1));
    const file = join(home, "evidence.json");
    const { code, out } = await audit("compare", "--evidence", file, forged, at(1), at(2));
    expect(code).toBe(1);
    expect(out).toContain("books part at");
    expect(out).toContain("the books do not agree");
    const proof = await audit("evidence", file);
    expect(proof.code).toBe(0);
    expect(proof.out).toMatch(/^proven: a voucher that its signer's journal lacks/);
    const text = readFileSync(file, "utf8");
    const digit = text.lastIndexOf('"', text.indexOf("]")) - 9;
    writeFileSync(
      file,
      `${text.slice(0, digit)}${text[digit] === "0" ? "1" : "0"}${text.slice(digit + 1)}`,
    );
    expect((await audit("evidence", file)).code).toBe(1);
  });

  test("2: two flipped bits in one commit are damage, with its place and what is still whole", async () => {
    const directory = damaged("two-flips", (one) => flip(one, 1, [8 * 1400, 8 * 1400 + 9]));
    const { code, out } = await audit("verify", directory);
    expect(code).toBe(2);
    expect(out).toMatch(/DAMAGED .*segment-00000001 at byte \d+: .*commit \d+/);
    expect(out).toMatch(/commits 1 to \d+ are whole/);
    expect((await audit("compare", directory, at(1))).code).toBe(2);
    for (const args of [["export", "--csv"], ["replay"]]) {
      const told = await audit(...args, directory);
      expect(told.code).toBe(2);
      expect(told.err).toContain("what is printed ends before it");
    }
  });

  test("0 and repaired: one flipped bit changes no balance", async () => {
    const directory = damaged("one-flip", (one) => flip(one, 1, [8 * 1400 + 3]));
    const [right, flipped] = await Promise.all([
      audit("compare", "--json", at(0), at(1)),
      audit("compare", "--json", directory, at(1)),
    ]);
    expect(flipped.code).toBe(0);
    expect(JSON.parse(flipped.out).hops).toEqual(JSON.parse(right.out).hops);
    expect(JSON.parse(flipped.out).journals[0].repaired).toBe(1);
  });

  test("3: no journal, no command, no number, not enough journals; in words", async () => {
    const missing = await audit("verify", join(home, "nowhere"));
    expect(missing.code).toBe(3);
    expect(missing.err).toContain("it is not there");
    const empty = join(home, "empty");
    mkdirSync(empty);
    expect(await audit("verify", empty)).toMatchObject({ code: 3 });
    expect((await audit("verify", empty)).err).toContain("holds no journal");
    expect((await audit("verify")).code).toBe(3);
    expect((await audit("weigh", at(0))).code).toBe(3);
    expect((await audit("compare", at(0))).code).toBe(3);
    expect((await audit("compare", at(0), at(0))).code).toBe(3);
    expect((await audit("replay", at(0), "--at", "seven")).code).toBe(3);
    expect((await audit("--help")).code).toBe(0);
  });
});

describe("journals that are not as they should be", () => {
  test("of a later program: its format is named", async () => {
    const directory = damaged("later", (one) => {
      const file = join(one, segmentName(1));
      const bytes = readFileSync(file);
      for (const copy of [0, 512]) {
        bytes.writeUInt32LE(3, copy + 16);
        bytes.writeUInt32LE(crc32(bytes, copy, copy + 104), copy + 104);
      }
      writeFileSync(file, bytes);
    });
    const { code, out } = await audit("verify", directory);
    expect(code).toBe(2);
    expect(out).toContain("format 3, which this program does not read");
  });

  test("a segment is missing, doubled, swapped, of another node, or all zeros", async () => {
    const long = await writeJournal(
      join(home, "long"),
      Array.from({ length: 120 }, () => eventsAt(world, 1))
        .flat()
        .slice(0, 4500),
    );
    expect(readdirSync(long).filter((name) => /^segment-\d+$/.test(name)).length).toBeGreaterThan(
      2,
    );
    const copies: readonly (readonly [string, (one: string) => void, RegExp])[] = [
      ["missing", (one) => rmSync(join(one, segmentName(1))), /segment 1 is missing/],
      ["hole", (one) => rmSync(join(one, segmentName(2))), /segment 2 is missing/],
      [
        "doubled",
        (one) => cpSync(join(one, segmentName(1)), join(one, segmentName(2))),
        /its header says segment 1/,
      ],
      [
        "swapped",
        (one) => {
          renameSync(join(one, segmentName(1)), join(one, "x"));
          renameSync(join(one, segmentName(2)), join(one, segmentName(1)));
          renameSync(join(one, "x"), join(one, segmentName(2)));
        },
        /its header says segment 2/,
      ],
      [
        "zeros",
        (one) => writeFileSync(join(one, segmentName(1)), Buffer.alloc(65_536)),
        /both copies of its header are damaged|cannot be read/,
      ],
    ];
    for (const [name, harm, words] of copies) {
      const directory = join(home, `long-${name}`);
      cpSync(long, directory, { recursive: true });
      harm(directory);
      const { code, out } = await audit("verify", directory);
      expect([name, code]).toEqual([name, 2]);
      expect(out).toMatch(words);
    }
  });

  test("a segment of 100 GB is refused by its size, unread", async () => {
    const directory = damaged("huge", (one) => {
      writeFileSync(join(one, segmentName(2)), "");
      truncateSync(join(one, segmentName(2)), 100e9);
    });
    const { code, err } = await audit("verify", directory);
    expect(code).toBe(3);
    expect(err).toContain("segment-00000002 has 100000000000 bytes, allowed is a file of 262144");
  });

  test("a segment of another node's journal breaks the chain, and is named", async () => {
    const events = (node: number) =>
      Array.from({ length: 120 }, () => eventsAt(world, node))
        .flat()
        .slice(0, 2500);
    const [own, other] = await Promise.all(
      [1, 2].map((node) => writeJournal(join(home, `chain-${node}`), events(node))),
    );
    cpSync(join(other ?? "", segmentName(2)), join(own ?? "", segmentName(2)));
    const { code, out } = await audit("verify", own ?? "");
    expect(code).toBe(2);
    expect(out).toMatch(/segment-0000000[12] at byte \d+: .*(chain is broken|cannot be read)/);
  });

  test("foreign files beside the segments are left alone and disturb nothing", async () => {
    const directory = damaged("foreign", (one) => {
      writeFileSync(join(one, "notes.txt"), "mine");
      mkdirSync(join(one, "segment-copy"));
    });
    expect((await audit("verify", directory)).code).toBe(0);
    expect(readFileSync(join(directory, "notes.txt"), "utf8")).toBe("mine");
  });

  test("evidence that is none is refused in words, and never proven", async () => {
    const file = join(home, "none.json");
    for (const [text, words] of [
      ["{", "it is not JSON"],
      ["{}", "no evidence file"],
      [JSON.stringify({ format: "meshtoll evidence 1", evidence: [{}] }), "kind"],
    ] as const) {
      writeFileSync(file, text);
      const { code, err } = await audit("evidence", file);
      expect(code).toBe(3);
      expect(err).toContain(words);
    }
  });
});

test("the books are shown as they were after any commit", async () => {
  const { code, out } = await audit("replay", "--json", "--at", "9", at(1));
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ sequence: "9" });
  const whole = await audit("replay", at(1));
  expect(whole.out).toContain("we are paid, class 1: received");
});
