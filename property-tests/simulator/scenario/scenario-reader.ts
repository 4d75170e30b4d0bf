import { moneyLimit } from "#core/units/money.ts";
import { priceLimit } from "#core/units/price.ts";
import { readChain } from "./chain-reader.ts";
import {
  countOf,
  listOf,
  type Members,
  membersOf,
  object,
  type Problem,
  quantityOf,
  type Reading,
  shareOf,
  wordOf,
} from "./field.ts";
import { readMarket } from "./market-reader.ts";
import {
  agentAges,
  behaviours,
  faultKinds,
  marketBehaviours,
  preferences,
  type Scenario,
  type ScenarioDefaults,
  type ScenarioFault,
  type ScenarioFlow,
  type ScenarioLink,
  type ScenarioNode,
  shareScale,
} from "./scenario.ts";

/** The limits of a scenario file. */
export const scenarioLimits = {
  /** Characters of the file. */
  characters: 64 * 1024 * 1024,
  nodes: 10_000,
  links: 100_000,
  /** As many as a node of the core may have. */
  neighbours: 250,
  flows: 10_000,
  faults: 100_000,
  /** Characters of an id. */
  id: 64,
  steps: 1_000_000_000,
  /** Fees: so that a sum along a path still is a price. */
  price: 1n << 48n,
  /** Bytes of a flow. */
  bytes: 1n << 60n,
  delaySteps: 10_000,
} as const;

/** The top-level members. `$schema`, `name` and `description` are for people and editors. */
export const scenarioMembers = [
  "$schema",
  "name",
  "description",
  "seed",
  "defaults",
  "nodes",
  "links",
  "flows",
  "faults",
  "chain",
  "market",
  "maxSteps",
] as const;

const allBehaviours = [...behaviours, ...marketBehaviours] as const;

/** A scenario, or everything that is wrong with the file. */
export type ScenarioReading =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the text of a scenario file. Never throws: what is wrong is told with its path. */
export function readScenario(text: string): ScenarioReading {
  if (text.length > scenarioLimits.characters) {
    const found = `${text.length} characters`;
    return wrong([{ path: "", found, allowed: `at most ${scenarioLimits.characters}` }]);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return wrong([{ path: "", found, allowed: "JSON" }]);
  }
  return readScenarioValue(value);
}

/** Reads a scenario that has been parsed as JSON. */
export function readScenarioValue(value: unknown): ScenarioReading {
  const reading: Reading = { problems: [] };
  const file = membersOf(reading, "", value, scenarioMembers);
  const nodes = readNodes(reading, file.nodes);
  const ids = new Set(nodes.map(({ id }) => id));
  const links = readLinks(reading, file.links, ids);
  const scenario: Scenario = {
    seed: countOf(reading, "seed", file.seed, {
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
      otherwise: 1,
    }),
    defaults: readDefaults(reading, file.defaults),
    nodes,
    links,
    flows: readFlows(reading, file.flows, ids),
    faults: readFaults(reading, file.faults, ids, links),
    chain: readChain(reading, file.chain),
    ...marketOf(reading, file.market),
    maxSteps: countOf(reading, "maxSteps", file.maxSteps, {
      least: 1,
      most: scenarioLimits.steps,
      otherwise: 1_000_000,
    }),
  };
  return reading.problems.length > 0 ? wrong(reading.problems) : { ok: true, scenario };
}

/** A scenario without a market has no such member. */
function marketOf(reading: Reading, value: unknown): Pick<Scenario, "market"> {
  const market = readMarket(reading, value);
  return market === undefined ? {} : { market };
}

function wrong(problems: readonly Problem[]): ScenarioReading {
  return { ok: false, problems };
}

function readDefaults(reading: Reading, value: unknown): ScenarioDefaults {
  const names = [
    "payThreshold",
    "creditLimit",
    "reserveBytes",
    "readBytes",
    "freeBytesPerStep",
    "patienceSteps",
  ] as const;
  const given = membersOf(reading, "defaults", value ?? {}, names);
  const money = (name: "payThreshold" | "creditLimit", otherwise: bigint) =>
    quantityOf(reading, `defaults.${name}`, given[name], {
      least: 0n,
      most: moneyLimit,
      otherwise,
    });
  const bytes = (
    name: "reserveBytes" | "readBytes" | "freeBytesPerStep",
    least: bigint,
    otherwise: bigint,
  ) =>
    quantityOf(reading, `defaults.${name}`, given[name], {
      least,
      most: scenarioLimits.bytes,
      otherwise,
    });
  return {
    payThreshold: money("payThreshold", 1000n),
    creditLimit: money("creditLimit", 8000n),
    reserveBytes: bytes("reserveBytes", 1n, 65536n),
    readBytes: bytes("readBytes", 1n, 65536n),
    freeBytesPerStep: bytes("freeBytesPerStep", 0n, 1000n),
    patienceSteps: countOf(reading, "defaults.patienceSteps", given.patienceSteps, {
      least: 1,
      most: scenarioLimits.steps,
      otherwise: 400,
    }),
  };
}

function readNodes(reading: Reading, value: unknown): readonly ScenarioNode[] {
  const names = ["id", "price", "maxPrice", "behaviour", "preference", "agent"] as const;
  const seen = new Map<string, number>();
  const list = listOf(reading, "nodes", value, scenarioLimits.nodes);
  if (Array.isArray(value) && value.length === 0)
    object(reading, "nodes", value, "at least one node");
  if (value === undefined) object(reading, "nodes", value, "a list of nodes");
  return list.map((one, i): ScenarioNode => {
    const path = `nodes[${i}]`;
    const node = membersOf(reading, path, one, names);
    const id = idOf(reading, `${path}.id`, node.id);
    const first = seen.get(id);
    if (first !== undefined && id !== "") {
      object(reading, `${path}.id`, id, `an id of its own: nodes[${first}] has this one`);
    }
    seen.set(id, first ?? i);
    return {
      id,
      price: quantityOf(reading, `${path}.price`, node.price, {
        least: 0n,
        most: scenarioLimits.price,
        otherwise: 0n,
      }),
      maxPrice: quantityOf(reading, `${path}.maxPrice`, node.maxPrice, {
        least: 0n,
        most: priceLimit,
        otherwise: priceLimit,
      }),
      behaviour: wordOf(reading, `${path}.behaviour`, node.behaviour, allBehaviours, "honest"),
      preference: wordOf(reading, `${path}.preference`, node.preference, preferences, "price"),
      agent: wordOf(reading, `${path}.agent`, node.agent, agentAges, "new"),
    };
  });
}

/** An id: a short text, or an integer that stands for its digits. */
function idOf(reading: Reading, path: string, value: unknown): string {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === "string" && text.length > 0 && text.length <= scenarioLimits.id) return text;
  object(reading, path, value, `a text of 1 to ${scenarioLimits.id} characters`);
  return "";
}

/** The id of a node that there is. */
function knownId(reading: Reading, path: string, value: unknown, ids: ReadonlySet<string>): string {
  const id = idOf(reading, path, value);
  if (id !== "" && !ids.has(id)) object(reading, path, id, `the id of a node: ${someOf(ids)}`);
  return id;
}

function someOf(ids: ReadonlySet<string>): string {
  const some = [...ids].slice(0, 8).join(", ");
  return ids.size > 8 ? `${some}, ... (${ids.size} of them)` : some;
}

function readLinks(
  reading: Reading,
  value: unknown,
  ids: ReadonlySet<string>,
): readonly ScenarioLink[] {
  const names = ["a", "b", "loss", "delaySteps", "duplicate", "reorder", "bytesPerStep"] as const;
  const seen = new Map<string, number>();
  const degree = new Map<string, number>();
  return listOf(reading, "links", value, scenarioLimits.links).map((one, i): ScenarioLink => {
    const path = `links[${i}]`;
    const link = membersOf(reading, path, one, names);
    const a = knownId(reading, `${path}.a`, link.a, ids);
    const b = knownId(reading, `${path}.b`, link.b, ids);
    if (a === b && a !== "") object(reading, `${path}.b`, b, "another node than a");
    const pair = JSON.stringify([a, b].toSorted());
    const first = seen.get(pair);
    if (first !== undefined && a !== "" && b !== "") {
      object(reading, path, [a, b], `one link between two nodes: links[${first}] is theirs`);
    }
    seen.set(pair, first ?? i);
    for (const id of [a, b]) {
      const many = (degree.get(id) ?? 0) + 1;
      degree.set(id, many);
      if (many === scenarioLimits.neighbours + 1) {
        object(reading, path, id, `a node with at most ${scenarioLimits.neighbours} neighbours`);
      }
    }
    return { a, b, ...readCarriage(reading, path, link) };
  });
}

function readCarriage(
  reading: Reading,
  path: string,
  link: Members<"loss" | "duplicate" | "reorder" | "delaySteps" | "bytesPerStep">,
): Omit<ScenarioLink, "a" | "b"> {
  return {
    loss: shareOf(reading, `${path}.loss`, link.loss, shareScale),
    duplicate: shareOf(reading, `${path}.duplicate`, link.duplicate, shareScale),
    reorder: shareOf(reading, `${path}.reorder`, link.reorder, shareScale),
    delaySteps: countOf(reading, `${path}.delaySteps`, link.delaySteps, {
      least: 0,
      most: scenarioLimits.delaySteps,
      otherwise: 1,
    }),
    bytesPerStep: quantityOf(reading, `${path}.bytesPerStep`, link.bytesPerStep, {
      least: 1n,
      most: scenarioLimits.bytes,
      otherwise: 100_000n,
    }),
  };
}

function readFlows(
  reading: Reading,
  value: unknown,
  ids: ReadonlySet<string>,
): readonly ScenarioFlow[] {
  return listOf(reading, "flows", value, scenarioLimits.flows).map((one, i): ScenarioFlow => {
    const path = `flows[${i}]`;
    const flow = membersOf(reading, path, one, ["from", "to", "bytes"]);
    const from = knownId(reading, `${path}.from`, flow.from, ids);
    const to = knownId(reading, `${path}.to`, flow.to, ids);
    if (from === to && from !== "") object(reading, `${path}.to`, to, "another node than from");
    const bytes = quantityOf(reading, `${path}.bytes`, flow.bytes, {
      least: 0n,
      most: scenarioLimits.bytes,
    });
    return { from, to, bytes };
  });
}

function readFaults(
  reading: Reading,
  value: unknown,
  ids: ReadonlySet<string>,
  links: readonly ScenarioLink[],
): readonly ScenarioFault[] {
  const names = ["node", "afterBytes", "kind", "price", "steps", "link"] as const;
  return listOf(reading, "faults", value, scenarioLimits.faults).map((one, i): ScenarioFault => {
    const path = `faults[${i}]`;
    const fault = membersOf(reading, path, one, names);
    const node = knownId(reading, `${path}.node`, fault.node, ids);
    const kind = wordOf(reading, `${path}.kind`, fault.kind, faultKinds, undefined);
    const price =
      fault.price === undefined && kind !== "priceChange"
        ? undefined
        : quantityOf(reading, `${path}.price`, fault.price, {
            least: 0n,
            most: scenarioLimits.price,
          });
    return {
      node,
      kind,
      price,
      afterBytes: quantityOf(reading, `${path}.afterBytes`, fault.afterBytes, {
        least: 0n,
        most: scenarioLimits.bytes,
        otherwise: 0n,
      }),
      steps: countOf(reading, `${path}.steps`, fault.steps, {
        least: 1,
        most: scenarioLimits.steps,
        otherwise: 500,
      }),
      link: cutLink(reading, path, fault.link, node, links, ids),
    };
  });
}

function cutLink(
  reading: Reading,
  path: string,
  value: unknown,
  node: string,
  links: readonly ScenarioLink[],
  ids: ReadonlySet<string>,
): string | undefined {
  if (value === undefined) return undefined;
  const other = knownId(reading, `${path}.link`, value, ids);
  const isLinked = links.some(
    ({ a, b }) => (a === node && b === other) || (b === node && a === other),
  );
  if (!isLinked) object(reading, `${path}.link`, other, `a neighbour of ${node}`);
  return other;
}
