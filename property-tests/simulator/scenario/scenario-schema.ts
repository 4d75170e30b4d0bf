import { depositLimit, spellLimit, stepLimit } from "./chain-reader.ts";
import { usualMarket } from "./market-reader.ts";
import { agentAges, behaviours, faultKinds, marketBehaviours, preferences } from "./scenario.ts";
import { scenarioLimits } from "./scenario-reader.ts";

const { wishes: usual } = usualMarket;
const { damping } = usual;

type Schema = Readonly<Record<string, unknown>>;

/** An integer, or one as a decimal string: JSON knows no integers beyond 2^53. */
const quantity = (description: string, otherwise?: string): Schema => ({
  description,
  anyOf: [
    { type: "integer", minimum: 0 },
    { type: "string", pattern: "^(?:0|[1-9][0-9]{0,60})$" },
  ],
  ...(otherwise === undefined ? {} : { default: otherwise }),
});

const count = (description: string, maximum: number, otherwise: number, minimum = 0): Schema => ({
  description,
  type: ["integer", "string"],
  minimum,
  maximum,
  default: otherwise,
});

const share = (description: string): Schema => ({
  description,
  type: "number",
  minimum: 0,
  maximum: 1,
  default: 0,
});

const id: Schema = {
  description: "a text, or an integer that stands for its digits",
  anyOf: [{ type: "string", minLength: 1, maxLength: scenarioLimits.id }, { type: "integer" }],
};

const record = (required: readonly string[], properties: Schema): Schema => ({
  type: "object",
  additionalProperties: false,
  ...(required.length === 0 ? {} : { required }),
  properties,
});

const listOf = (items: Schema, maxItems: number): Schema => ({ type: "array", maxItems, items });

const defaults = record([], {
  payThreshold: quantity("T: a payer pays once it owes more, grains", "1000"),
  creditLimit: quantity("L: a payee gives so much credit, grains", "8000"),
  reserveBytes: quantity("c: a payer reserves so many bytes at once", "65536"),
  readBytes: quantity("U: a payee journals every so many bytes", "65536"),
  freeBytesPerStep: quantity("what a link carries on the free class, bytes a step", "1000"),
  patienceSteps: count(
    "so many steps bytes wait for a lease before they ride the free class",
    scenarioLimits.steps,
    400,
    1,
  ),
});

const node = record(["id"], {
  id,
  price: quantity("its own fee, grains for a byte it forwards", "0"),
  maxPrice: quantity("the dearest price it accepts; dearer routes are no routes for it"),
  behaviour: { enum: [...behaviours, ...marketBehaviours], default: "honest" },
  preference: { enum: preferences, default: "price" },
  agent: { enum: agentAges, default: "new" },
});

const link = record(["a", "b"], {
  a: id,
  b: id,
  loss: share("of bytes and messages, in both directions"),
  duplicate: share("of messages that arrive twice"),
  reorder: share("of messages that come late"),
  delaySteps: count("how long it takes, at least 1", scenarioLimits.delaySteps, 1),
  bytesPerStep: quantity("capacity in each direction, bytes a step", "100000"),
});

const fault = record(["node", "kind"], {
  node: id,
  kind: { enum: faultKinds },
  afterBytes: quantity("once so many bytes entered the node", "0"),
  price: quantity("of a priceChange: the new fee"),
  steps: count("of a partition: how long", scenarioLimits.steps, 500, 1),
  link: { ...id, description: "of a partition: the neighbour; all of them where none is named" },
});

const chain = record([], {
  deposit: quantity("what each party has in a channel at first, grains", String(depositLimit)),
  topUp: quantity("added when less than half of a deposit is left; 0 for never", "0"),
  blockSteps: count("steps between blocks", stepLimit, 20, 1),
  finalBlocks: count("blocks until a deposit is final", stepLimit, 3),
  reorgEveryBlocks: count("every so many blocks the last ones are undone", stepLimit, 0),
  fee: quantity("of a transaction, grains", "1"),
  maxFee: quantity("the most a node pays for a transaction; it waits while fees are above"),
  outages: listOf(
    record([], { from: count("first step", stepLimit, 0), steps: count("", stepLimit, 1, 1) }),
    spellLimit,
  ),
  feeSpikes: listOf(
    record([], {
      from: count("first step", stepLimit, 0),
      steps: count("", stepLimit, 1, 1),
      fee: quantity("of a transaction meanwhile, grains"),
    }),
    spellLimit,
  ),
});

const market = record([], {
  mode: { enum: ["cost", "automatic"], default: usualMarket.wishes.mode },
  start: quantity("what is asked at first, grains a byte", `${usualMarket.start}`),
  steps: count(
    "so long everybody sends and negotiates, then books are settled",
    stepLimit,
    usualMarket.steps,
    1,
  ),
  profit: quantity("at least so many millionths over the average paid", `${usual.profit}`),
  window: quantity("the average is over so many bytes", `${usual.window}`),
  floor: quantity("nothing is sold below this, grains a byte", `${usual.floor}`),
  ceiling: quantity("nor above this", `${usual.ceiling}`),
  scarce: quantity("asks more above this share of sold capacity, millionths", `${usual.scarce}`),
  idle: quantity("asks less below this share", `${usual.idle}`),
  band: quantity("nearer than this to its target a price stays, millionths", `${damping.band}`),
  step: quantity("a change is at most so large, millionths", `${damping.step}`),
  pause: quantity("bytes of capacity between two changes", `${damping.pause}`),
  calm: quantity("bytes without a change, until steps are whole again", `${damping.calm}`),
});

/** The JSON Schema of scenario files. What it cannot say (a link of strangers) the reader says. */
export const scenarioSchema: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Scenario",
  ...record(["nodes"], {
    $schema: { type: "string" },
    name: { type: "string" },
    description: { type: "string" },
    seed: count("of everything that is drawn by chance", Number.MAX_SAFE_INTEGER, 1),
    defaults,
    nodes: { minItems: 1, ...listOf(node, scenarioLimits.nodes) },
    links: listOf(link, scenarioLimits.links),
    flows: listOf(
      record(["from", "to", "bytes"], { from: id, to: id, bytes: quantity("how many") }),
      scenarioLimits.flows,
    ),
    faults: listOf(fault, scenarioLimits.faults),
    chain,
    market,
    maxSteps: count("the run ends here at the latest", scenarioLimits.steps, 1_000_000, 1),
  }),
};
