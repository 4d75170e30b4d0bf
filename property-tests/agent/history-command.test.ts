import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { indexDirectory } from "#adapters/index/level-index.ts";
import { noteCivilTime } from "#adapters/journal/civil-notes.ts";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { civilNotesName } from "#adapters/journal/journal-file-name.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { csvColumns } from "#agent/cli/history-text.ts";
import { writeJournal as writeTraded } from "../audit/audited-line.ts";
import { tradedHistory, tradedWorld } from "../index/traded-history.ts";
import { nodeAt } from "../simulator/line-world.ts";
import { drain, end, memoryRouters, rounds, start, traffic } from "./memory-routers.ts";
import { meshtoll as run } from "./meshtoll-process.ts";

let home = "";
let directory = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-history-"));
  directory = join(home, "journal");
  await writeJournal();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const meshtoll = (...args: readonly string[]) => run(home, ...args);

/** A node in the middle, with two neighbours. */
const traded = tradedHistory();

/** A time as civil notes have it. */
const dated = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** 2026-03-01T10:00:00Z, and two hours later. */
const times = [1_772_359_200, 1_772_366_400] as const;

/** A router that was paid in two hours of a day, its journal and notes in a directory. */
async function writeJournal(): Promise<void> {
  const world = memoryRouters();
  try {
    await start(world, "a");
    await start(world, "b");
    await rounds(world, 6);
    traffic(world, 1_500_000n, 20n);
    await drain(world);
    const before = world.b.disk.commits.length;
    traffic(world, 2_000_000n);
    await drain(world);
    const append = Effect.gen(function* () {
      const journal = yield* Journal;
      for (const commit of world.b.disk.commits) yield* journal.append([commit]);
    });
    await Effect.runPromise(
      append.pipe(Effect.provide(Layer.fresh(fileJournal({ directory }))), Effect.scoped),
    );
    await noteCivilTime(directory, { sequence: 0n, seconds: times[0] });
    await noteCivilTime(directory, { sequence: BigInt(before), seconds: times[1] });
  } finally {
    await end(world);
  }
}

/** A configuration file that names the journal. */
async function configFile(changes: Record<string, unknown> = {}): Promise<string> {
  const { nodeId, tunnelPublicKey } = keysFromSeed("agent test a");
  const path = join(home, `${Object.keys(changes).join("-")}.json`);
  const neighbours = [{ name: "a", id: nodeId, tunnel_key: tunnelPublicKey, listen_port: "51820" }];
  const text = { journal: directory, keys: join(home, "keys"), neighbours, ...changes };
  await writeFile(path, JSON.stringify(text), { mode: 0o600 });
  return path;
}

/** A row as `--json` prints it: amounts are decimal texts. */
interface Row {
  readonly id: string;
  readonly time: string | null;
  readonly kind: string;
  readonly direction: string;
  readonly fromPosition?: string;
  readonly toPosition?: string;
  readonly amount?: string;
}

/** What rows of one account add up to. */
function sums(rows: readonly Row[], direction: string) {
  const sum = { position: 0n, settled: 0n };
  for (const row of rows.filter((one) => one.direction === direction)) {
    if (row.kind === "payment") sum.settled += BigInt(row.amount ?? 0);
    if (row.kind === "usage") {
      sum.position += BigInt(row.toPosition ?? 0) - BigInt(row.fromPosition ?? 0);
    }
  }
  return { position: String(sum.position), settled: String(sum.settled) };
}

describe("meshtoll history", () => {
  test("at rest, usage by the hour and payments are the ledger's, with an index and without", async () => {
    const on = await configFile();
    const ledger = JSON.parse((await meshtoll("ledger", "a", "--json", "--config", on)).out);
    const shown = await meshtoll("history", "--json", "--config", on);
    expect(shown).toMatchObject({ code: 0, err: "" });
    const rows: readonly Row[] = JSON.parse(shown.out);
    for (const { direction, position, settled } of ledger.accounts) {
      expect(sums(rows, direction)).toEqual({ position, settled });
    }
    const usage = rows.filter(
      ({ kind, direction }) => kind === "usage" && direction === "we are paid",
    );
    expect(usage.map(({ time }) => time)).toEqual([
      "2026-03-01T10:00:00.000Z",
      "2026-03-01T12:00:00.000Z",
    ]);
    expect(readdirSync(indexDirectory(directory))).toContain("CURRENT");
    const off = await configFile({ history: "off" });
    const read = await meshtoll("history", "--json", "--config", off);
    expect(read).toEqual(shown);
  });

  test("of every neighbour, rows add up to what the node owes and is owed, with an index and without", async () => {
    const journal = await writeTraded(join(home, "traded"), nodeAt(tradedWorld(1), 1).journal);
    const lines = traded.notes.map(({ sequence, seconds }) => `${sequence} ${dated(seconds)}\n`);
    writeFileSync(join(journal, civilNotesName), lines.join(""));
    const on = await configFile({ journal });
    const shown = await meshtoll("history", "--json", "--config", on);
    expect(shown).toMatchObject({ code: 0, err: "" });
    const rows: readonly Row[] = JSON.parse(shown.out);
    expect(new Set(rows.map(({ kind }) => kind)).size).toBe(4);
    expect(traded.ledger.neighbours).toHaveLength(2);
    for (const { id, outbound, inbound } of traded.ledger.neighbours) {
      const own = rows.filter((row) => row.id === id);
      const added = (some: readonly bigint[]) => String(some.reduce((all, one) => all + one, 0n));
      expect(sums(own, "we pay")).toEqual({
        position: added(outbound.map(({ sent }) => sent)),
        settled: added(outbound.map(({ signed }) => signed)),
      });
      expect(sums(own, "we are paid")).toEqual({
        position: added(inbound.map(({ read }) => read)),
        settled: added(inbound.map(({ credited }) => credited)),
      });
    }
    const off = await configFile({ journal, history: "off" });
    expect(await meshtoll("history", "--json", "--config", off)).toEqual(shown);
  });

  test("times and kinds choose, --csv and the table say the same, and --peer finds its neighbour", async () => {
    const config = await configFile();
    const ask = (...args: readonly string[]) => meshtoll("history", "--config", config, ...args);
    const all = JSON.parse((await ask("--json", "--peer", "a")).out) as readonly Row[];
    const noon = "2026-03-01T12:00";
    const early = JSON.parse((await ask("--json", "--to", noon)).out) as readonly Row[];
    const late = JSON.parse((await ask("--json", "--from", noon)).out) as readonly Row[];
    expect(early.length).toBeGreaterThan(3);
    expect(late.length).toBeGreaterThan(2);
    expect([...early, ...late]).toEqual(all);
    const payments = all.filter(({ kind }) => kind === "payment");
    const csv = (await ask("--csv", "--kind", "payment")).out.trim().split("\n");
    expect(csv[0]).toBe(csvColumns.join(","));
    const grains = csv.slice(1).map((line) => line.split(",")[csvColumns.indexOf("grains")]);
    expect(grains).toEqual(payments.map(({ amount }) => amount));
    const table = (await ask("--peer", "a", "--kind", "payment,usage")).out.trim().split("\n");
    expect(table[0]).toMatch(/^a \(0[23][0-9a-f]{64}\)$/);
    expect(table.filter((line) => line.includes(" payment "))).toHaveLength(payments.length);
    expect(table.at(-1)).toMatch(/^ {2}in all we are paid, class 1: 3\.4 MB, paid 0\.000\d+ USDC$/);
    const none = await ask("--from", "2027-01-01");
    expect(none).toMatchObject({ code: 0, err: "" });
    expect(none.out).toContain("nothing");
  });

  test("what is no time, no kind and no neighbour is refused with what is allowed, and code 3", async () => {
    const config = await configFile();
    const bad = [
      [["--from", "yesterday"], '--from: found "yesterday", allowed is a day such as 2026-03-01'],
      [["--to", "2026-02-31"], '--to: found "2026-02-31"'],
      [["--kind", "usage,rumour"], 'found "rumour", allowed are usage, payment, lease, notice'],
      [["--csv", "--json"], "choose one of --csv and --json"],
      [["--peer", "zoe"], 'no neighbour "zoe"; there are: a'],
    ] as const;
    for (const [args, words] of bad) {
      const { code, out, err } = await meshtoll("history", "--config", config, ...args);
      expect([code, out]).toEqual([3, ""]);
      expect(err).toContain(words);
    }
  });

  test("made anew, deleted or replaced by something else, the index answers the same", async () => {
    const config = await configFile();
    const ask = () => meshtoll("history", "--json", "--config", config);
    const before = await ask();
    const remade = await meshtoll("journal", "reindex", "--config", config);
    expect(remade).toMatchObject({ code: 0, err: "" });
    expect(remade.out).toMatch(/^\d+ rows from the commits up to \d+, from 2026-03-01T10:00Z to/);
    expect(remade.out).toContain("0 rows were kept and 0 are lost");
    expect(await ask()).toEqual(before);
    const json = JSON.parse(
      (await meshtoll("journal", "reindex", "--json", "--config", config)).out,
    );
    expect(json.rows).toBeGreaterThan(5);
    rmSync(indexDirectory(directory), { recursive: true });
    expect(await ask()).toEqual(before);
    const place = indexDirectory(directory);
    rmSync(place, { recursive: true });
    writeFileSync(place, "a file where the index should be");
    const { code, out, err } = await ask();
    expect({ code, out }).toEqual({ code: 0, out: before.out });
    expect(err).toContain("the index is not used, the journal is read instead");
    rmSync(place);
    const off = await configFile({ history: "off" });
    const refused = await meshtoll("journal", "reindex", "--config", off);
    expect(refused).toMatchObject({ code: 3, out: "" });
    expect(refused.err).toContain("there is no index");
  });

  test("whichever file of the index is overwritten, the answer is the same", async () => {
    const config = await configFile();
    const ask = () => meshtoll("history", "--json", "--config", config);
    const before = await ask();
    const place = indexDirectory(directory);
    cpSync(place, join(home, "whole"), { recursive: true });
    for (const name of readdirSync(place)) {
      const bytes = readFileSync(join(place, name));
      if (bytes.length === 0) continue;
      writeFileSync(join(place, name), bytes.fill(0xff, bytes.length >> 1));
      expect([name, await ask()]).toEqual([name, before]);
      rmSync(place, { recursive: true });
      cpSync(join(home, "whole"), place, { recursive: true });
    }
  });

  test("without a journal there is no history, and nothing is made where it should be", async () => {
    const nowhere = join(home, "nowhere");
    const { code, err } = await meshtoll(
      "history",
      "--config",
      await configFile({ journal: nowhere }),
    );
    expect([code, existsSync(nowhere)]).toEqual([3, false]);
    expect(err).toContain(nowhere);
  });
});
