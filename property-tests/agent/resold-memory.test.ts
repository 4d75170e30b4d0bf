import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Agent } from "#agent/agent/agent.ts";
import {
  readResold,
  resoldFile,
  resoldFileLimit,
  resoldLimit,
  writeResold,
} from "#agent/agent/resold-memory.ts";
import type { Config } from "#agent/config/config.ts";
import type { ResoldClass } from "#core/node/input.ts";
import { nodeId } from "#core/units/node-id.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { keyOf, nodeIdOf } from "../config/config-bench.ts";
import {
  configOf,
  end,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

let home: string;
let world: MemoryRouters | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "resold-"));
});
afterEach(async () => {
  if (world !== undefined) await end(world);
  world = undefined;
  rmSync(home, { recursive: true, force: true });
});

const run = Effect.runPromise;
const other = nodeId(nodeIdOf(7));
const file = () => join(home, "resold");

describe("what was resold, in a file beside the journal", () => {
  const entry = fc.record({
    id: fc.constantFrom(...[1, 2, 3].map((n) => nodeId(nodeIdOf(n)))),
    class: fc.integer({ min: 1, max: 7 }).map((n) => priceClass(n)),
    via: fc.constant(other),
  });

  test("is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (all) => {
        expect(readResold(writeResold(all))).toEqual(all);
      }),
    );
  });

  test("is nothing where a character of it is another one", () => {
    const text = writeResold([{ id: other, class: priceClass(2), via: nodeId(nodeIdOf(8)) }]);
    for (let i = 0; i < text.length; i++) {
      const flipped = String.fromCharCode(text.charCodeAt(i) ^ 1);
      expect(readResold(text.slice(0, i) + flipped + text.slice(i + 1))).toBeUndefined();
    }
    expect(readResold("")).toBeUndefined();
  });

  test("that is damaged, or too long, is put aside; one that cannot be read is nothing", async () => {
    const { load, save } = resoldFile(home);
    expect(await run(load)).toEqual([]);
    for (const text of ["what is this?", "x".repeat(resoldFileLimit + 1)]) {
      writeFileSync(file(), text);
      expect(await run(load)).toEqual([]);
      expect(readdirSync(home)).toEqual(["resold.damaged"]);
    }
    await run(save([{ id: other, class: priceClass(1), via: other }]));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(await run(load)).toHaveLength(1);
    await run(resoldFile(join(home, "nowhere")).save([])); // a warning, and no more
  });

  test("holds so many lines at most, and what is longer is not believed", async () => {
    const many = Array.from({ length: resoldLimit + 1 }, (_, i): ResoldClass => {
      return { id: nodeId(nodeIdOf(1 + (i % 250))), class: priceClass(1 + (i % 7)), via: other };
    });
    const { load, save } = resoldFile(home);
    await run(save(many));
    expect(statSync(file()).size).toBeLessThan(resoldFileLimit);
    expect(await run(load)).toHaveLength(resoldLimit);
  });
});

describe("an agent", () => {
  /** b's configuration with somebody upstream, who never answers; a pays a price, or what upstream asks. */
  const withUpstream = (resells: boolean): Config => {
    const config = configOf("b");
    const [a] = config.neighbours;
    if (a === undefined) throw new Error("b has no neighbour");
    const up = { ...a, name: "up", id: other, tunnelKey: keyOf(7), listenPort: 51_830 };
    const charge = { kind: "resale", via: "up", fee: price(1n) } as const;
    return { ...config, neighbours: [resells ? { ...a, charge } : a, up] };
  };
  const begun = async (config: Config): Promise<MemoryRouters> => {
    const made = memoryRouters();
    world = { ...made, b: { ...made.b, config, resold: resoldFile(home) } };
    await start(world, "b");
    return world;
  };
  const toA = (made: MemoryRouters) => [
    { id: made.b.config.neighbours[0]?.id, class: 1, via: other },
  ];
  const kept = () => readResold(readFileSync(file(), "utf8"));

  test("has written what it resells before it sells any of it, and writes it once", async () => {
    const made = await begun(withUpstream(true));
    expect(kept()).toEqual(toA(made));
    const { mtimeMs } = statSync(file());
    await kill(made.b);
    const agent = await start(made, "b");
    await run(agent.reconfigure(withUpstream(true)));
    expect(statSync(file()).mtimeMs).toBe(mtimeMs);
    await run(agent.reconfigure(withUpstream(false)));
    expect(kept()).toEqual([]); // nothing was leased over it
  });

  test("writes it before a changed configuration holds", async () => {
    const made = await begun(withUpstream(false));
    await run((made.b.agent as Agent).reconfigure(withUpstream(true)));
    expect(kept()).toEqual(toA(made));
  });

  test("that starts with a price covers the leases that are out until they are used, over every restart", async () => {
    const made = await begun(withUpstream(false));
    await start(made, "a");
    await rounds(made, 4);
    const account = () => made.b.agent?.node().ledger.neighbours[0]?.inbound[0];
    const covered = () => made.b.agent?.node().live[0]?.paths[0]?.resold;
    const { end: until, leases } = account()?.schedule ?? {};
    expect(leases).toBeGreaterThan(0n);
    // As if the run before had resold what it sold to a.
    await kill(made.b);
    await run(resoldFile(home).save(toA(made) as unknown as readonly ResoldClass[]));
    for (let restarts = 0; restarts < 2; restarts++) {
      const agent = await start(made, "b");
      expect(covered()).toEqual([{ via: other, until }]);
      await run(agent.reconfigure(withUpstream(false)));
      expect(kept()).toEqual(toA(made));
      await kill(made.b);
    }
    const agent = await start(made, "b");
    await rounds(made, 2);
    for (let i = 0; i < 45; i++) {
      traffic(made, 1_000_000n);
      await rounds(made, 1);
    }
    expect(account()?.read).toBeGreaterThan(until ?? 0n);
    await run(agent.reconfigure(withUpstream(false)));
    expect(kept()).toEqual([]);
  });
});
