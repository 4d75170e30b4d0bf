import { type Chance, chance } from "../network/chance.ts";
import { usualMarket } from "../scenario/market-reader.ts";
import {
  type Behaviour,
  behaviours,
  faultKinds,
  type Scenario,
  type ScenarioChain,
  type ScenarioDefaults,
  type ScenarioFault,
  type ScenarioFlow,
  type ScenarioLink,
  type ScenarioNode,
  shareScale,
} from "../scenario/scenario.ts";

/** How large a random network is, at most: small ones show more in a minute than large ones. */
const most = { nodes: 12, moreLinks: 8, flows: 6, faults: 24, fee: 200 } as const;

/** Virtual time of a random scenario: what is not done by then is given up. */
const maxSteps = 60_000;

/** A scenario of which everything is drawn from a seed: the same seed, the same scenario. */
export function randomScenario(seed: number): Scenario {
  const draw = chance(seed, 0xf022);
  const count = 2 + draw.below(most.nodes - 1);
  const ids = Array.from({ length: count }, (_, i) => String(i + 1));
  const hasCheats = draw.below(3) === 0;
  const hasOldAgents = inCases(draw, 20);
  const nodes = ids.map((id): ScenarioNode => {
    const agent = hasOldAgents && inCases(draw, 50) ? "old" : "new";
    return { ...randomNode(draw, id, hasCheats), agent };
  });
  const defaults = randomDefaults(draw);
  const links = randomLinks(draw, ids, Number(defaults.reserveBytes));
  const flows = randomFlows(draw, ids, links);
  const scenario = { seed, defaults, nodes, links, flows, faults: [], chain: undefined, maxSteps };
  return {
    ...scenario,
    faults: randomFaults(draw, scenario),
    chain: draw.below(4) === 0 ? randomChain(draw, defaults) : undefined,
    ...randomMarket(seed),
  };
}

/** In a quarter of all scenarios prices are negotiated. Drawn by itself: the rest of a seed stays as it was. */
function randomMarket(seed: number): Pick<Scenario, "market"> {
  const draw = chance(seed, 0x3a2);
  if (draw.below(4) > 0) return {};
  const { wishes } = usualMarket;
  const floor = BigInt(1 + draw.below(most.fee));
  const ceiling = floor + BigInt(draw.below(4 * most.fee));
  const mode = draw.below(2) === 0 ? "cost" : "automatic";
  const damping = {
    ...wishes.damping,
    pause: BigInt(draw.below(200_000)),
    calm: BigInt(200_000 + draw.below(20_000_000)),
  };
  const window = BigInt(1 + draw.below(1_000_000));
  const profit = BigInt(draw.below(500_000));
  const steps = 500 + draw.below(6000);
  return {
    market: {
      start: floor,
      steps,
      wishes: { ...wishes, mode, floor, ceiling, window, profit, damping },
    },
  };
}

function oneOf<A>(draw: Chance, list: readonly A[]): A {
  const found = list[draw.below(list.length)];
  if (found === undefined) throw new Error("nothing to choose from");
  return found;
}

/** So many cases out of a hundred. */
function inCases(draw: Chance, percent: number): boolean {
  return draw.happens(percent, 100);
}

function randomNode(draw: Chance, id: string, hasCheats: boolean): Omit<ScenarioNode, "agent"> {
  const behaviour: Behaviour = hasCheats && inCases(draw, 30) ? oneOf(draw, behaviours) : "honest";
  return {
    id,
    price: BigInt(inCases(draw, 10) ? 0 : 1 + draw.below(most.fee)),
    maxPrice: inCases(draw, 80) ? 1n << 60n : BigInt(1 + draw.below(4 * most.fee)),
    behaviour,
    preference: inCases(draw, 10) ? "quality" : "price",
  };
}

/** Credit limits from the least that allows progress (T15) to plenty. */
function randomDefaults(draw: Chance): ScenarioDefaults {
  const dearest = BigInt(most.fee * most.nodes);
  const readBytes = 1n << BigInt(10 + draw.below(8));
  const reserveBytes = 1n << BigInt(10 + draw.below(9));
  const payThreshold = BigInt(draw.below(1 << 20)) * BigInt(1 + draw.below(20));
  const room = dearest * (readBytes + reserveBytes) * BigInt(1 + draw.below(8));
  const barely = dearest * BigInt(1 + draw.below(2000));
  return {
    payThreshold,
    creditLimit: payThreshold + (inCases(draw, 15) ? barely : room),
    reserveBytes,
    readBytes,
    freeBytesPerStep: BigInt(draw.below(5000)),
    patienceSteps: 50 + draw.below(500),
  };
}

function randomLinks(draw: Chance, ids: readonly string[], chunk: number): readonly ScenarioLink[] {
  const links: ScenarioLink[] = [];
  const worst = oneOf(draw, [0, 0.01, 0.05, 0.3]) * shareScale;
  const share = () => Math.floor((worst * draw.below(1000)) / 1000);
  const add = (a: string, b: string) => {
    const isKnown = links.some((l) => (l.a === a && l.b === b) || (l.a === b && l.b === a));
    if (a === b || isKnown) return;
    links.push({
      a,
      b,
      loss: share(),
      duplicate: share(),
      reorder: share() * 2,
      delaySteps: 1 + draw.below(inCases(draw, 10) ? 60 : 6),
      bytesPerStep: BigInt(1000 + draw.below(2 * chunk)),
    });
  };
  ids.forEach((id, i) => {
    if (i > 0) add(oneOf(draw, ids.slice(0, i)), id);
  });
  const more = draw.below(most.moreLinks);
  for (let i = 0; i < more; i++) add(oneOf(draw, ids), oneOf(draw, ids));
  return links;
}

function randomFlows(
  draw: Chance,
  ids: readonly string[],
  links: readonly ScenarioLink[],
): readonly ScenarioFlow[] {
  const slowest = links.reduce(
    (least, { bytesPerStep }) => (bytesPerStep < least ? bytesPerStep : least),
    1n << 40n,
  );
  const few = inCases(draw, 20) ? ids.slice(-1) : ids;
  return Array.from({ length: 1 + draw.below(most.flows) }, () => {
    const to = oneOf(draw, few);
    const from = oneOf(
      draw,
      ids.filter((id) => id !== to),
    );
    return { from, to, bytes: slowest * BigInt(20 + draw.below(300)) };
  });
}

function randomFaults(draw: Chance, { nodes, links, flows }: Scenario): readonly ScenarioFault[] {
  const bytes = flows.reduce((sum, flow) => sum + flow.bytes, 0n);
  const wanted = inCases(draw, 20) ? 0 : draw.below(most.faults);
  const kinds = inCases(draw, 40) ? [oneOf(draw, faultKinds)] : faultKinds;
  return Array.from({ length: wanted }, (): ScenarioFault => {
    const node = oneOf(draw, nodes).id;
    const kind = oneOf(draw, kinds);
    const near = links.flatMap(({ a, b }) => (a === node ? [b] : b === node ? [a] : []));
    const isCut = kind === "partition" && near.length > 0 && inCases(draw, 50);
    return {
      node,
      kind,
      afterBytes: (bytes * BigInt(draw.below(1000))) / 1000n / BigInt(1 + draw.below(4)),
      price: kind === "priceChange" ? BigInt(draw.below(2 * most.fee)) : undefined,
      steps: 20 + draw.below(800),
      link: isCut ? oneOf(draw, near) : undefined,
    };
  });
}

function randomChain(draw: Chance, { creditLimit, payThreshold }: ScenarioDefaults): ScenarioChain {
  const some = (creditLimit + payThreshold) * BigInt(2 + draw.below(20));
  const spell = () => ({ from: draw.below(3000), steps: 1 + draw.below(800) });
  const fee = BigInt(draw.below(5000));
  return {
    deposit: some,
    topUp: inCases(draw, 90) ? some : 0n,
    blockSteps: 1 + draw.below(40),
    finalBlocks: draw.below(6),
    reorgEveryBlocks: inCases(draw, 50) ? 2 + draw.below(10) : 0,
    fee,
    maxFee: fee * BigInt(1 + draw.below(4)),
    outages: Array.from({ length: draw.below(3) }, spell),
    feeSpikes: Array.from({ length: draw.below(3) }, () => ({
      ...spell(),
      fee: fee * BigInt(1 + draw.below(20)),
    })),
  };
}
