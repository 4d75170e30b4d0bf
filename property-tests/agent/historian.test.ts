import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Context from "effect/Context";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Layer from "effect/Layer";
import * as Logger from "effect/Logger";
import * as Scope from "effect/Scope";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HistoryIndex, pageLimit } from "#adapters/index/history-index.ts";
import { type HistoryRow, historyKinds } from "#adapters/index/history-row.ts";
import { indexOn } from "#adapters/index/index-service.ts";
import { levelPlace } from "#adapters/index/level-index.ts";
import { type MemoryPlace, memoryPlace } from "#adapters/index/memory-index.ts";
import { recentCommits, remembering, withRecent } from "#adapters/index/recent-commits.ts";
import { ordinalLimit } from "#adapters/index/row-form.ts";
import type { StorePlace } from "#adapters/index/store.ts";
import type { Journal } from "#adapters/journal/journal.ts";
import { askAgent, controlPath, controlSocket } from "#agent/agent/control-socket.ts";
import { type Historian, type HistorianPatience, startHistorian } from "#agent/agent/historian.ts";
import { answerRequest, type Ending, statusOf } from "#agent/agent/request.ts";
import { encodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { neighbourLimit } from "#core/journal/ledger.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { entriesOf, tampered } from "../index/opened-index.ts";
import {
  drain,
  end,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";
import { meshtoll } from "./meshtoll-process.ts";

/** One hour for everything: what is tested here is that nothing is missing. */
const notes = () => [{ sequence: 0n, seconds: 1_772_359_200 }];

/** A historian beside an agent, as a run has it, until it is ended. */
interface Kept {
  readonly historian: Historian;
  readonly close: () => Promise<void>;
}

/** What a story may change: how long others wait, and what becomes of appended commits. */
interface Circumstances {
  readonly patience?: HistorianPatience;
  readonly appending?: (payloads: readonly Uint8Array[]) => readonly Uint8Array[];
}

/** Starts router b, whose journal is remembered, with a historian on a store. */
async function startKept(
  world: MemoryRouters,
  place: StorePlace,
  { patience, appending = (payloads) => payloads }: Circumstances = {},
): Promise<Kept> {
  const recent = recentCommits();
  let journal: Journal["Service"] | undefined;
  await start(world, "b", {
    journal: (real) => {
      const remembered = remembering(real, recent);
      journal = remembered;
      return { ...remembered, append: (payloads) => remembered.append(appending(payloads)) };
    },
  });
  const scope = Effect.runSync(Scope.make());
  const begun = Effect.gen(function* () {
    const layer = Layer.fresh(indexOn(place, { limit: 16_777_216n, days: 400 }));
    const index = Context.get(yield* Layer.build(layer), HistoryIndex);
    const commits = withRecent((from) => (journal as Journal["Service"]).commits(from), recent);
    return yield* startHistorian(index, { commits, recent, notes }, patience);
  });
  const historian = await Effect.runPromise(
    begun.pipe(Scope.provide(scope), Effect.provide(Logger.layer([]))),
  );
  return { historian, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) };
}

/** What history says of b's accounts with a, and what its ledger says. */
async function compared(world: MemoryRouters, { historian }: Kept) {
  const rows: HistoryRow[] = [];
  for (let after: { hour: number; ordinal: number } | undefined; ; ) {
    const page = await Effect.runPromise(historian.query({ neighbour: 0, after, limit: 100 }));
    rows.push(...page.rows);
    if (page.next === undefined) break;
    after = page.next;
  }
  const sum = (direction: string) => {
    const own = rows.filter((row) => row.direction === direction);
    return own.reduce(
      ({ bytes, paid }, row) => ({
        bytes: bytes + (row.kind === "usage" ? row.toPosition - row.fromPosition : 0n),
        paid: paid + (row.kind === "payment" ? row.amount : 0n),
      }),
      { bytes: 0n, paid: 0n },
    );
  };
  const { agent } = world.b;
  if (agent === undefined) throw new Error("b does not run");
  const [ledger] = agent.node().ledger.neighbours;
  return {
    history: [sum("we pay"), sum("we are paid")],
    ledger: [
      { bytes: ledger?.outbound[0]?.sent, paid: ledger?.outbound[0]?.signed },
      { bytes: ledger?.inbound[0]?.read, paid: ledger?.inbound[0]?.credited },
    ],
    rows,
  };
}

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-historian-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Two routers that trade, b with a historian; `story` is told, and everything ended. */
async function trading(
  place: StorePlace,
  story: (world: MemoryRouters, kept: Kept) => Promise<Kept | undefined>,
  circumstances?: Circumstances,
): Promise<void> {
  const world = memoryRouters();
  let kept: Kept | undefined;
  try {
    kept = await startKept(world, place, circumstances);
    await start(world, "a");
    await rounds(world, 4);
    kept = (await story(world, kept)) ?? kept;
  } finally {
    await kept?.close();
    await end(world);
  }
}

const onward = async (world: MemoryRouters, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    traffic(world, 600_000n, 20n);
    await rounds(world, 1);
  }
};

test("at any moment the history of a running agent is its ledger: bytes and payments, to the grain", () =>
  trading(memoryPlace(), async (world, kept) => {
    for (let i = 0; i < 10; i++) {
      await onward(world, 1 + i);
      const { history, ledger } = await compared(world, kept);
      expect(history).toEqual(ledger);
    }
    expect(world.b.agent?.node().ledger.neighbours[0]?.inbound[0]?.credited).toBeGreaterThan(0n);
    return undefined;
  }));

test("killed at any moment and started again, the agent's history goes on where its journal does", () => {
  const place = levelPlace(join(home, "killed"));
  return trading(place, async (world, first) => {
    let kept = first;
    for (let life = 0; life < 4; life++) {
      await onward(world, 5 + life);
      await kill(world.b);
      await kept.close();
      kept = await startKept(world, place);
      await rounds(world, 3);
      const { history, ledger } = await compared(world, kept);
      expect(history).toEqual(ledger);
    }
    await drain(world);
    const { history, ledger } = await compared(world, kept);
    expect(history).toEqual(ledger);
    expect(ledger[1]?.paid).toBeGreaterThan(0n);
    return kept;
  });
});

/** Events that change nothing: the price is what it was. They fill a journal, and are notices. */
const filler = encodeCommit(
  Array.from({ length: 60 }, (): LedgerEvent => {
    const asBefore = { neighbour: 0, class: priceClass(1), price: price(50_000_000n) };
    return { type: "PriceSet", ...asBefore };
  }),
);

test("where the journal begins anew again and again, no byte and no payment is missing in history", () => {
  let fills = false;
  const appending = (payloads: readonly Uint8Array[]) => (fills ? [...payloads, filler] : payloads);
  const story = async (world: MemoryRouters, kept: Kept) => {
    await onward(world, 20);
    const { disk } = world.b;
    disk.capacity = disk
      .list()
      .reduce((all, name) => all + disk.read(name, Number.MAX_SAFE_INTEGER).length, 0);
    fills = true;
    const oldest = () => disk.list().filter((name) => /^segment-\d+$/.test(name))[0];
    for (let anew = 0; anew < 3; anew++) {
      const before = oldest();
      while (oldest() === before) await onward(world, 10);
      const { history, ledger, rows } = await compared(world, kept);
      expect(history).toEqual(ledger);
      expect(new Set(rows.map(({ sequence }) => sequence)).size).toBeGreaterThan(50 * (anew + 1));
    }
    expect(kept.historian.state()).toEqual({ type: "on" });
    return undefined;
  };
  return trading(memoryPlace(), story, { appending });
});

const credited = (world: MemoryRouters): bigint =>
  world.b.agent?.node().ledger.neighbours[0]?.inbound[0]?.credited ?? 0n;

/** A place whose store writes as it is told to. */
function writing(change: () => Promise<void>): StorePlace {
  const place = memoryPlace();
  return { ...place, open: async () => ({ ...(await place.open()), change }) };
}

test("an index that fails is switched off with its words, and billing does not notice", () =>
  trading(
    writing(() => Promise.reject(new Error("the flash is worn out"))),
    async (world, { historian }) => {
      await onward(world, 20);
      const asked = historian.query({ neighbour: 0 });
      expect(await Effect.runPromise(Effect.flip(asked))).toMatchObject({
        problem: "refused",
        words: expect.stringContaining("the flash is worn out"),
      });
      expect(historian.state()).toMatchObject({ type: "off" });
      const before = credited(world);
      await onward(world, 20);
      expect(world.b.agent?.stopped()).toBeUndefined();
      expect(credited(world)).toBeGreaterThan(before);
      expect(world.b.agent?.alarms).toEqual([]);
      return undefined;
    },
  ));

test("an index whose disk never answers holds up nobody: not billing, not who asks, not the end", () =>
  trading(
    writing(() => new Promise(() => undefined)),
    async (world, kept) => {
      await onward(world, 40);
      const asked = kept.historian.query({ neighbour: 0 });
      const { words } = await Effect.runPromise(Effect.flip(asked));
      expect(words).toContain("history is busy");
      const before = credited(world);
      await onward(world, 20);
      expect(world.b.agent?.stopped()).toBeUndefined();
      expect(credited(world)).toBeGreaterThan(before);
      await kept.close();
      return { ...kept, close: () => Promise.resolve() };
    },
    { patience: { question: 100, ending: 100 } },
  ));

test("while somebody else has the index open, history waits, and goes on when it is let go", () => {
  const real = memoryPlace();
  let locked = true;
  const place: StorePlace = {
    ...real,
    open: () =>
      locked
        ? Promise.reject(Object.assign(new Error("locked"), { code: "LEVEL_LOCKED" }))
        : real.open(),
  };
  return trading(place, async (world, kept) => {
    await onward(world, 5);
    const asked = kept.historian.query({ neighbour: 0 });
    expect((await Effect.runPromise(Effect.flip(asked))).words).toContain("ask again in a moment");
    locked = false;
    const { history, ledger } = await compared(world, kept);
    expect(history).toEqual(ledger);
    return undefined;
  });
});

test("a damaged row is never an answer: history is made anew from the journal, and is whole again", () => {
  const place: MemoryPlace = memoryPlace();
  return trading(place, async (world, kept) => {
    await onward(world, 60);
    const before = await compared(world, kept);
    const [key, value] = (await tampered(place, entriesOf))[7] ?? [];
    if (key === undefined || value === undefined) throw new Error("the index has no rows");
    value[2] = (value[2] ?? 0) ^ 4;
    await place.put(key, value);
    const asked = kept.historian.query({ neighbour: 0 });
    const { words } = await Effect.runPromise(Effect.flip(asked));
    expect(words).toContain("history is being made anew from the journal");
    while (kept.historian.state().type === "making") {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await compared(world, kept)).toEqual(before);
    return undefined;
  });
});

/** Queries that are none: each is one step past a limit, or no query at all. */
const badQueries: readonly (readonly string[])[] = [
  [],
  ["anna"],
  ["[]"],
  ...[
    {},
    { neighbour: "0" },
    { neighbour: -1 },
    { neighbour: 0.5 },
    { neighbour: neighbourLimit },
    { neighbour: 0, from: -1 },
    { neighbour: 0, from: 1e300 },
    { neighbour: 0, to: "tomorrow" },
    { neighbour: 0, kinds: "usage" },
    { neighbour: 0, kinds: ["rumour"] },
    { neighbour: 0, kinds: Array.from({ length: historyKinds.length + 1 }, () => "usage") },
    { neighbour: 0, limit: 0 },
    { neighbour: 0, limit: pageLimit + 1 },
    { neighbour: 0, after: 7 },
    { neighbour: 0, after: { hour: 1 } },
    { neighbour: 0, after: { hour: 2 ** 32, ordinal: 0 } },
    { neighbour: 0, after: { hour: 0, ordinal: ordinalLimit - 1 } },
    { neighbour: 0, after: { hour: 0, ordinal: 0, minute: 0 } },
    { neighbour: 0, colour: "red" },
  ].map((query) => [JSON.stringify(query)]),
];

test("the command line asks the running agent, and has it make the index anew", () =>
  trading(levelPlace(join(home, "asked", "index")), async (world, { historian }) => {
    await onward(world, 30);
    const { agent } = world.b;
    if (agent === undefined) throw new Error("b does not run");
    const directory = join(home, "asked");
    const config = join(home, "asked.json");
    await writeFile(config, JSON.stringify({ journal: directory }), { mode: 0o600 });
    const answer = answerRequest(agent, Deferred.makeUnsafe<Ending>(), { historian });
    const told = Effect.gen(function* () {
      yield* controlSocket(controlPath(directory), answer);
      return yield* Effect.promise(async () => {
        const before = await meshtoll(home, "history", "--json", "--config", config);
        expect(before).toMatchObject({ code: 0, err: "" });
        const remade = await meshtoll(home, "journal", "reindex", "--json", "--config", config);
        expect(remade).toMatchObject({ code: 0, err: "" });
        const after = await meshtoll(home, "history", "--json", "--config", config);
        expect(after).toEqual(before);
        for (const bad of badQueries) {
          const asked = askAgent(controlPath(directory), ["history", ...bad]);
          const { problem, words } = await Effect.runPromise(Effect.flip(asked));
          expect([problem, bad]).toEqual(["refused", bad]);
          expect(words).toContain("allowed is a JSON object with neighbour");
        }
        const status = await meshtoll(home, "status", "--json", "--config", config);
        expect(JSON.parse(status.out)).toMatchObject({ history: { type: "on" } });
        return [JSON.parse(before.out), JSON.parse(remade.out)] as const;
      });
    });
    const [rows, remade] = await Effect.runPromise(Effect.scoped(told));
    const paid = rows
      .filter((row: { readonly kind: string }) => row.kind === "payment")
      .reduce((all: bigint, row: { readonly amount: string }) => all + BigInt(row.amount), 0n);
    const accounts = statusOf(agent).neighbours[0]?.accounts ?? [];
    expect(paid).toBe(accounts.reduce((all, { settled }) => all + settled, 0n));
    expect(remade.rows).toBeGreaterThan(30);
    return undefined;
  }));
