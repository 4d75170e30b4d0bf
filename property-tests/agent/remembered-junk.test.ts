import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Queueing } from "#adapters/queueing/queueing.ts";
import {
  type DefenceRecord,
  defenceFile,
  defenceFileLimit,
  defenceRecordLimit,
  readDefence,
  writeDefence,
} from "#agent/defence/defence-file.ts";
import { type DefenceKeeper, startDefenceKeeper } from "#agent/defence/defence-keeper.ts";
import { openDefenceMemory } from "#agent/defence/defence-memory.ts";
import { type LeakKeeper, startLeakKeeper } from "#agent/defence/leak-keeper.ts";
import { defenceFamilies } from "#agent/status-page/defence-metrics.ts";
import { junkStages } from "#core/enforcement/junk.ts";
import { nodeId } from "#core/units/node-id.ts";
import { nodeIdOf } from "../config/config-bench.ts";
import { end, kill, type MemoryRouters, memoryRouters, rounds, start } from "./memory-routers.ts";

let home: string;
let world: MemoryRouters | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "offers-junk-"));
});
afterEach(async () => {
  if (world !== undefined) await end(world);
  world = undefined;
  rmSync(home, { recursive: true, force: true });
});

const never = 3_600_000;
const megabyte = 1_000_000n;
const limits = { junk_share: "5%", junk_bytes: "1MB", junk_free_bytes: "4MB", round_trip: "1MB" };
const giving = { metered: "wwan0", free_bytes: "1kB", free_share: "10%" };

/** b, as often as it starts: what it remembers lies in `home`. */
async function remembering() {
  const made = memoryRouters({ ...limits, ...giving });
  world = made;
  await start(made, "a");
  const begin = async () => {
    let defence: DefenceKeeper | undefined;
    let leak: LeakKeeper | undefined;
    await start(made, "b", {
      beside: (agent) =>
        Effect.gen(function* () {
          const kept = yield* openDefenceMemory(agent, defenceFile(home));
          const queueing = yield* Queueing;
          defence = yield* startDefenceKeeper(agent, queueing, () => 0n, never, kept);
          leak = yield* startLeakKeeper(agent, queueing, never, kept);
        }),
    });
    await rounds(made, 4);
    const come = async (received: bigint, junk: bigint, leaked = 0n) => {
      const free = { freeIn: received, freeOut: 9n, leaked, undue: 0n };
      made.b.kernel.tallies.set("rba0", { received, junk, ...free });
      await Effect.runPromise(defence?.look ?? Effect.void);
      await Effect.runPromise(leak?.look ?? Effect.void);
      await rounds(made, 2);
      return defence?.facts()[0];
    };
    return { come, room: () => made.b.kernel.leaks.get("rba0") ?? 0n };
  };
  /** As the machine does when it begins anew: tables count from nothing. */
  const fresh = () => made.b.kernel.tallies.clear();
  return { made, begin, fresh };
}

test("junk, free bytes and what was given away at our cost survive a restart: nobody is in the clear by waiting for one", async () => {
  const { made, begin, fresh } = await remembering();
  const first = await begin();
  expect((await first.come(8n * megabyte, 8n * megabyte, 600n))?.stage).toBe("free tier");
  expect(first.room()).toBe(400n);
  await kill(made.b);
  fresh();
  const second = await begin();
  const facts = await second.come(0n, 0n);
  expect(facts).toMatchObject({
    stage: "free tier",
    junk: 8n * megabyte,
    received: 8n * megabyte,
    freeIn: 8n * megabyte,
  });
  expect(made.b.agent?.node().live[0]?.standing).toBe("throttled");
  expect(second.room()).toBe(400n);
  await second.come(10n, 10n, 100n);
  expect(second.room()).toBe(300n);
  // Good bytes bring it back as ever, and that is remembered too.
  expect((await second.come(facts?.wayBack ?? 0n, 10n, 100n))?.stage).toBe("none");
  await kill(made.b);
  fresh();
  const third = await begin();
  expect(await third.come(0n, 0n)).toMatchObject({ stage: "none", junk: 8n * megabyte + 10n });
});

test("a file that is damaged is told of, put aside and begun anew; one of another journal counts for nothing", async () => {
  const { made, begin, fresh } = await remembering();
  const first = await begin();
  await first.come(8n * megabyte, 8n * megabyte);
  await kill(made.b);
  fresh();
  const path = join(home, "defence");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace("free tier", "none"));
  const second = await begin();
  expect(await second.come(0n, 0n)).toMatchObject({ stage: "none", junk: 0n });
  expect(readFileSync(`${path}.damaged`, "utf8")).toContain("meshtoll defence 1");
  await kill(made.b);
  expect(await Effect.runPromise(defenceFile(home).load(77n))).toEqual([]);
  writeFileSync(path, "x".repeat(defenceFileLimit + 1));
  expect(await Effect.runPromise(defenceFile(home).load(77n))).toEqual([]);
  expect(await Effect.runPromise(defenceFile(join(home, "nowhere")).load(77n))).toEqual([]);
  await Effect.runPromise(defenceFile(join(home, "nowhere")).save(77n, [])); // told, and no more
});

const bytes = fc.bigInt(0n, 10n ** 29n);
const records = fc
  .array(
    fc.record({
      stage: fc.constantFrom(...junkStages),
      excess: bytes,
      junk: bytes,
      received: bytes,
      freeIn: bytes,
      freeOut: bytes,
      leaked: bytes,
      paidBefore: fc.option(bytes, { nil: undefined }),
    }),
    { maxLength: 20 },
  )
  .map((all) =>
    all.map((one, i): DefenceRecord => ({ ...one, id: nodeId(nodeIdOf(i + 1)), undue: one.junk })),
  );

test("what is kept is read as it was written, for its journal alone; no changed byte goes unnoticed", () => {
  fc.assert(
    fc.property(records, fc.bigInt(1n, 1n << 32n), fc.nat(), (all, journal, at) => {
      const text = writeDefence(journal, all);
      expect(readDefence(journal, text)).toEqual(all);
      expect(readDefence(journal + 1n, text)).toEqual([]);
      const place = at % text.length;
      const other = text[place] === "7" ? "8" : "7";
      const wrong = text.slice(0, place) + other + text.slice(place + 1);
      expect(readDefence(journal, wrong)).toBeUndefined();
      expect(readDefence(journal, text.slice(0, place))).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test("a file has its limit, whatever was counted of how many", () => {
  const most = 10n ** 30n - 1n;
  const amounts = { excess: most, junk: most, received: most, undue: most, freeIn: most };
  const one = { ...amounts, freeOut: most, leaked: most, paidBefore: most, stage: "stop buying" };
  const all = Array.from({ length: defenceRecordLimit + 1 }, (_, i) => {
    return { ...one, id: nodeId(nodeIdOf(i + 1)) } as DefenceRecord;
  });
  const text = writeDefence(1n, all);
  expect(text.length).toBeLessThanOrEqual(defenceFileLimit);
  expect(readDefence(1n, text)).toHaveLength(defenceRecordLimit);
  const [first] = all;
  expect(readDefence(1n, writeDefence(1n, first === undefined ? [] : [first, first]))).toBe(
    undefined,
  );
});

test("metrics tell junk and free bytes of each neighbour, in bytes", () => {
  const amounts = { received: "100", junk: "7", undue: "3", excess: "2", bound: "9", wayBack: "0" };
  const free = { freeIn: "11", freeOut: "12" };
  const told = defenceFamilies([
    { id: nodeIdOf(1), name: "anna", stage: "stop buying", ...amounts, ...free } as never,
  ]);
  const of = (name: string) => told.find((one) => one.name === `meshtoll_${name}`)?.samples;
  expect(of("junk_bytes_total")).toEqual([{ labels: { neighbour: "anna" }, value: "7" }]);
  expect(of("junk_unpaid_bytes_total")?.[0]?.value).toBe("3");
  expect(of("junk_excess_bytes")?.[0]?.value).toBe("2");
  expect(of("free_received_bytes_total")?.[0]?.value).toBe("11");
  expect(of("free_sent_bytes_total")?.[0]?.value).toBe("12");
  expect(of("junk_stage")?.map(({ labels: { stage }, value }) => [stage, value])).toEqual([
    ["none", "0"],
    ["stop buying", "1"],
    ["free tier", "0"],
  ]);
  expect(defenceFamilies([])).toEqual([]);
});
