import * as Effect from "effect/Effect";
import { describe, expect, test } from "vitest";
import { type Babel, routeLimit } from "#adapters/babel/babel.ts";
import { parsePrefix } from "#core/route/prefix.ts";

/** A babeld whose every word the test says, and the port that listens to it. */
export interface BabelBench {
  readonly babel: Babel["Service"];
  readonly say: (...lines: readonly string[]) => void;
  /** What it writes when it is asked what is feasible, from now on; nothing where it writes none. */
  readonly dump: (log: string | undefined) => void;
  /** It ends, and begins anew, knowing nothing. */
  readonly restart: () => Promise<void>;
  readonly end: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const b = "fe80::b";
const c = "fe80::c";

/** A route line, as babeld 1.12 writes it. */
export function routeLine(
  verb: string,
  id: string,
  prefix: string,
  via: string,
  more: {
    readonly installed?: boolean;
    readonly refMetric?: number;
    readonly metric?: number;
  } = {},
): string {
  const { installed = false, refMetric = 96, metric = refMetric + 96 } = more;
  const name = via === b ? "tollb0" : "tollc0";
  return `${verb} route ${id} prefix ${prefix} from 0.0.0.0/0 installed ${installed ? "yes" : "no"} id 98:4d:a6:a6:0a:15:3b:31 metric ${metric} refmetric ${refMetric} via ${via} if ${name}`;
}

/** A route of a dump. */
function dumped(prefix: string, via: string, how: "" | " (installed)" | " (feasible)"): string {
  const name = via === b ? "tollb0" : "tollc0";
  return `${prefix} from 0.0.0.0/0 metric 192 (16512) refmetric 96 id 98:4d:a6:a6:0a:15:3b:31 seqno 28644 age 3 via ${name} neigh ${via}${how}`;
}

const far = parsePrefix("10.99.0.4/32") ?? ("" as never);

type OnBench = (claim: string, body: (bench: BabelBench) => Promise<void>) => void;

/** What every babel port does. */
export function babelContract(name: string, make: () => Promise<BabelBench>): void {
  const on: OnBench = (claim, body) =>
    test(claim, async () => {
      const bench = await make();
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  describe(`babel contract: ${name}`, () => {
    seen(on);
    feasibility(on);
    oddities(on);
  });
}

async function until(bench: BabelBench, holds: () => boolean): Promise<void> {
  while (!holds()) await Effect.runPromise(bench.babel.changed(bench.babel.view().change));
}

const hops = (bench: BabelBench) => bench.babel.view().routes.get(far) ?? [];

const feasible = (bench: BabelBench) =>
  hops(bench)
    .filter((one) => one.feasible)
    .map(({ nextHop }) => nextHop)
    .sort();

function seen(on: OnBench): void {
  on("what it says is seen: neighbours, interfaces, own prefixes, routes", async (bench) => {
    bench.say(
      "add interface tollb0 up true ipv6 fe80::a",
      `add neighbour 1 address ${b} if tollb0 reach ff80 ureach 0000 rxcost 96 txcost 96 cost 96`,
      "add xroute 10.99.0.1/32-0.0.0.0/0 prefix 10.99.0.1/32 from 0.0.0.0/0 metric 0",
      routeLine("add", "7", far, b, { installed: true }),
    );
    await until(bench, () => hops(bench).length === 1);
    const view = bench.babel.view();
    expect(view.state).toBe("up");
    expect(view.interfaces.get("tollb0")).toEqual({ up: true });
    expect(view.neighbours).toMatchObject([{ address: b, reach: 0xff80, cost: 96 }]);
    expect(view.own).toEqual(["10.99.0.1/32"]);
    expect(hops(bench)).toMatchObject([
      {
        nextHop: b,
        interfaceName: "tollb0",
        metric: 192,
        refMetric: 96,
        installed: true,
        feasible: true,
      },
    ]);
  });

  on("changes replace, and what is flushed is gone", async (bench) => {
    bench.say(routeLine("add", "7", far, b, { installed: true }));
    bench.say(routeLine("change", "7", far, b, { installed: true, refMetric: 200 }));
    await until(bench, () => hops(bench)[0]?.refMetric === 200);
    bench.say(routeLine("flush", "7", far, b));
    await until(bench, () => hops(bench).length === 0);
  });
}

function feasibility(on: OnBench): void {
  on("without a dump only what babeld has installed is feasible", async (bench) => {
    bench.say(routeLine("add", "7", far, b, { installed: true }), routeLine("add", "8", far, c));
    await until(bench, () => hops(bench).length === 2);
    expect(feasible(bench)).toEqual([b]);
  });

  on("a dump tells what else is", async (bench) => {
    bench.dump(
      ["My id 1", dumped(far, b, " (installed)"), dumped(far, c, " (feasible)"), ""].join("\n"),
    );
    bench.say(routeLine("add", "7", far, b, { installed: true }), routeLine("add", "8", far, c));
    bench.dump(
      ["My id 1", dumped(far, b, " (installed)"), dumped(far, c, " (feasible)"), ""].join("\n"),
    );
    await until(bench, () => feasible(bench).length === 2);
  });

  on("what a dump calls neither is not, whatever it was before", async (bench) => {
    bench.say(routeLine("add", "7", far, b, { installed: true }), routeLine("add", "8", far, c));
    bench.dump(["My id 1", dumped(far, b, " (installed)"), dumped(far, c, ""), ""].join("\n"));
    await until(bench, () => bench.babel.view().verified);
    expect(feasible(bench)).toEqual([b]);
  });

  on("two that both say to be installed are believed only by a dump", async (bench) => {
    bench.say(
      routeLine("add", "7", far, b, { installed: true }),
      routeLine("add", "8", far, c, { installed: true }),
    );
    await until(bench, () => hops(bench).length === 2);
    expect(feasible(bench)).toEqual([]);
  });

  on("a retracted route is not feasible, though it says installed", async (bench) => {
    bench.say(
      routeLine("add", "7", far, b, { installed: true, refMetric: 65_535, metric: 65_535 }),
    );
    await until(bench, () => hops(bench).length === 1);
    expect(feasible(bench)).toEqual([]);
  });
}

function oddities(on: OnBench): void {
  on("lines without sense are counted, and nothing else is lost", async (bench) => {
    bench.say(
      "add route 9 prefix 10.99.0.9/33 installed yes metric 1 refmetric 1 via fe80::b if x",
      "add route 9 prefix nonsense",
      `add route 9 prefix ${far} from 0.0.0.0/0 installed maybe metric 1 refmetric 0 via ${b} if x`,
      `add route 9 prefix ${far} from 0.0.0.0/0 installed yes metric 70000 refmetric 0 via ${b} if x`,
      "something new in version 2",
      routeLine("add", "7", far, b, { installed: true }),
    );
    await until(bench, () => hops(bench).length === 1);
    expect(bench.babel.view().refused).toBe(4);
    expect(bench.babel.view().state).toBe("up");
  });

  on("one that knows more than a router can hold is not built on", async (bench) => {
    const lines = Array.from({ length: routeLimit + 1 }, (_, i) =>
      routeLine("add", `${i}`, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`, b, {
        installed: true,
      }),
    );
    bench.say(...lines);
    await until(bench, () => bench.babel.view().state === "senseless");
    expect(bench.babel.view().routes.size).toBe(0);
  });

  on("what it says again is no news: whoever waits for a change goes on waiting", async (bench) => {
    const line = routeLine("change", "7", far, b, { installed: true });
    bench.say(line);
    await until(bench, () => hops(bench).length === 1);
    await until(bench, () => feasible(bench).length === 1);
    const settled = bench.babel.view();
    bench.say(...Array.from({ length: 50 }, () => line));
    bench.say(routeLine("add", "8", far, c));
    await until(bench, () => hops(bench).length === 2);
    // One for the new route, and what dumps came meanwhile: not one for each of fifty lines.
    expect(bench.babel.view().change - settled.change).toBeLessThan(25);
  });

  on("one that ended knows nothing, and says so", async (bench) => {
    bench.say(routeLine("add", "7", far, b, { installed: true }));
    await until(bench, () => hops(bench).length === 1);
    await bench.end();
    await until(bench, () => bench.babel.view().state === "down");
    expect(hops(bench)).toEqual([]);
  });

  on("one that begins anew is heard anew", async (bench) => {
    bench.say(routeLine("add", "7", far, b, { installed: true }));
    await until(bench, () => hops(bench).length === 1);
    await bench.restart();
    await until(bench, () => bench.babel.view().state === "up" && hops(bench).length === 0);
    bench.say(routeLine("add", "7", far, c, { installed: true }));
    await until(bench, () => feasible(bench)[0] === c);
  });
}
