import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { civilNotesName } from "#adapters/journal/journal-file-name.ts";
import { writeJournal } from "../audit/audited-line.ts";
import { nodeAt } from "../simulator/line-world.ts";
import { tradedHistory, tradedWorld } from "./traded-history.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));
const traded = tradedHistory();
let home = "";
let journal = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-history-"));
  journal = await writeJournal(join(home, "journal"), nodeAt(tradedWorld(1), 1).journal);
  const lines = traded.notes.map(
    ({ sequence, seconds }) =>
      `${sequence} ${new Date(seconds * 1000).toISOString().replace(".000Z", "Z")}\n`,
  );
  writeFileSync(join(journal, civilNotesName), lines.join(""));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function configured(name: string, more: Readonly<Record<string, string>> = {}): string {
  const path = join(home, `${name}.json`);
  writeFileSync(path, JSON.stringify({ journal, keys: join(home, "keys"), ...more }), {
    mode: 0o600,
  });
  return path;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function meshtoll(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => {
    said.out += part.toString("utf8");
  });
  child.stderr.on("data", (part: Buffer) => {
    said.err += part.toString("utf8");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said })));
}

/** A row as JSON prints it. */
interface Row {
  readonly peer: string;
  readonly kind: string;
  readonly direction: string;
  readonly seconds: number;
  readonly fromPosition?: string;
  readonly toPosition?: string;
  readonly amount?: string;
}

async function rowsOf(config: string, ...args: readonly string[]): Promise<readonly Row[]> {
  const { code, out, err } = await meshtoll("history", "--config", config, "--json", ...args);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as readonly Row[];
}

const sum = (rows: readonly Row[], of: (row: Row) => bigint) =>
  rows.reduce((all, row) => all + of(row), 0n);

describe("history", () => {
  test("adds up to the ledger, by index and without one, to the byte and the grain", async () => {
    const [on, off] = [configured("on"), configured("off", { history: "off" })];
    const rows = await rowsOf(on);
    expect(await rowsOf(off)).toEqual(rows);
    expect(readdirSync(journal)).toContain("index");
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(
      new Set(["usage", "payment", "lease", "notice"]),
    );
    for (const neighbour of traded.ledger.neighbours) {
      const own = rows.filter(({ peer }) => neighbour.id.startsWith(peer));
      for (const [direction, moved, paid] of [
        [
          "we pay",
          neighbour.outbound.map((one) => one.sent),
          neighbour.outbound.map((one) => one.signed),
        ],
        [
          "we are paid",
          neighbour.inbound.map((one) => one.read),
          neighbour.inbound.map((one) => one.credited),
        ],
      ] as const) {
        const same = own.filter((row) => row.direction === direction);
        const usage = same.filter(({ kind }) => kind === "usage");
        const payments = same.filter(({ kind }) => kind === "payment");
        expect(
          sum(usage, (row) => BigInt(row.toPosition ?? 0) - BigInt(row.fromPosition ?? 0)),
        ).toBe(moved.reduce((all, one) => all + one, 0n));
        expect(sum(payments, (row) => BigInt(row.amount ?? 0))).toBe(
          paid.reduce((all, one) => all + one, 0n),
        );
      }
    }
  });

  test("a peer, a time and a kind choose; CSV and people see the same rows", async () => {
    const config = configured("on");
    const id = traded.ledger.neighbours[0]?.id ?? "";
    const from = new Date((traded.notes[1]?.seconds ?? 0) * 1000).toISOString().slice(0, 16);
    const all = await rowsOf(config, "--peer", id, "--kind", "payment");
    const later = await rowsOf(config, "--peer", id, "--kind", "payment", "--from", from);
    const earlier = await rowsOf(config, "--peer", id, "--kind", "payment", "--to", from);
    expect(later.length).toBeGreaterThan(0);
    expect(earlier.filter(({ seconds }) => seconds !== 0)).toHaveLength(
      all.filter(({ seconds }) => seconds !== 0).length - later.length,
    );
    const csv = await meshtoll("history", "--config", config, "--csv", "--peer", id);
    const lines = csv.out.trimEnd().split("\n");
    expect(lines[0]).toBe(
      "time,commit,peer,direction,class,kind,bytes,from_position,to_position,grains,total_grains,price,notice",
    );
    expect(lines.filter((line) => line.includes(",payment,"))).toHaveLength(all.length);
    const people = await meshtoll("history", "--config", config, "--peer", id);
    expect(people.out.trimEnd().split("\n")).toHaveLength(lines.length - 1);
    expect(people.out).toMatch(/we were paid .* in all/);
    const never = await meshtoll("history", "--config", config, "--from", "2099-01-01");
    expect(never).toMatchObject({ code: 0, out: "nothing in that time\n" });
  });

  test("whatever is damaged or deleted in the index, the answer is the same", async () => {
    const config = configured("on");
    const right = await rowsOf(config);
    const index = join(journal, "index");
    for (const name of readdirSync(index)) {
      const bytes = readFileSync(join(index, name));
      if (bytes.length === 0) continue;
      const before = join(home, "before");
      cpSync(index, before, { recursive: true });
      bytes.fill(0xa5, bytes.length >> 1);
      writeFileSync(join(index, name), bytes);
      expect(await rowsOf(config), `with a spoilt ${name}`).toEqual(right);
      rmSync(index, { recursive: true });
      cpSync(before, index, { recursive: true });
      rmSync(before, { recursive: true });
    }
    rmSync(index, { recursive: true });
    expect(await rowsOf(config)).toEqual(right);
    rmSync(index, { recursive: true });
    const made = await meshtoll("journal", "reindex", "--config", config);
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toContain(`${traded.commits.length} commits counted`);
    expect(await rowsOf(config)).toEqual(right);
  });

  test("what cannot be asked is refused in words, and without a journal there is no history", async () => {
    const config = configured("on");
    const refusals = [
      [["--from", "yesterday"], "allowed is a day or a minute"],
      [["--to", "2026-13-45"], "allowed is a day or a minute"],
      [["--peer", "nobody"], 'no neighbour "nobody"; there are:'],
      [["--csv", "--json"], "not both"],
    ] as const;
    for (const [args, words] of refusals) {
      const { code, err } = await meshtoll("history", "--config", config, ...args);
      expect(code).not.toBe(0);
      expect(err).toContain(words);
    }
    const off = configured("off", { history: "off" });
    const reindex = await meshtoll("journal", "reindex", "--config", off);
    expect(reindex.err).toContain("history is off");
    const bad = configured("bad", { history: "maybe" });
    expect((await meshtoll("history", "--config", bad)).err).toContain("on or off");
    const none = configured("none", { journal: join(home, "nowhere") });
    const { code, err } = await meshtoll("history", "--config", none);
    expect([code === 0, existsSync(join(home, "nowhere"))]).toEqual([false, false]);
    expect(err).toContain("nowhere");
  });
});
