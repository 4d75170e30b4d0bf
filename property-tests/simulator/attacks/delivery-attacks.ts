import { growthUnit, type Terms, type Tolerance } from "#core/account/terms.ts";
import { type JunkTerms, junkBound, newJunkScore, nextJunkScore } from "#core/enforcement/junk.ts";
import { encodeMessage, statementDigest } from "#core/peer/message-form.ts";
import { type Money, noMoney } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import type { Price } from "#core/units/price.ts";
import { traffic } from "../kernel.ts";
import { drain, feed, headBetween, type LineWorld, lineWorld, nodeAt } from "../line-world.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { wayAt } from "../world.ts";
import type { Outcome } from "./attack.ts";

/** What the client accepts to be lost: the defaults of the configuration, smaller by the size of a flow. */
const tolerance: Tolerance = { share: 20_000n, bytes: 10_000n };

/** So many pieces does a flow come in, with a settlement after each. */
const pieces = 200n;

/** An exit (0) and its client (1), as a scenario has them. */
interface Delivery {
  readonly world: LineWorld;
  readonly tariff: bigint;
  readonly terms: Terms;
  readonly piece: bigint;
  readonly lostPerMille: bigint;
}

function deliveryOf({ defaults, nodes, links, flows }: Scenario): Delivery {
  const [exit, client] = nodes;
  const [link] = links;
  const [flow] = flows;
  if (exit === undefined || client === undefined || link === undefined || flow === undefined) {
    throw new Error("a delivery has an exit, a client, a link and a flow");
  }
  const terms: Terms = {
    payThreshold: defaults.payThreshold as Money,
    creditLimit: defaults.creditLimit as Money,
    reservation: defaults.reserveBytes,
    readChunk: defaults.readBytes,
    priceCap: client.maxPrice as Price,
    allowance: 0n,
    tolerance,
  };
  const tariff = exit.price;
  const deposit = 10n * tariff * flow.bytes;
  const world = lineWorld({ terms, deposit, grainsPerUnit: 1n, prices: [1n, 1n], tariff });
  drain(world, 3);
  const lostPerMille = BigInt(Math.round(link.loss / 1e6));
  return { world, tariff, terms, piece: flow.bytes / pieces, lostPerMille };
}

/** What the client signed and the exit credited for the delivery, and the truth about its bytes. */
function books(world: LineWorld) {
  const signed = nodeAt(world, 1).ledger.neighbours[0]?.outbound.at(-1)?.signed ?? 0n;
  const credited = nodeAt(world, 0).ledger.neighbours[0]?.inbound.at(-1)?.credited ?? 0n;
  const { sent, rx } = wayAt(world, 0, 0);
  return { signed, credited, sent, rx };
}

/** T22: paid for what arrived and the loss that the client accepts, whatever the exit states. */
export function exitOverbilling(scenario: Scenario): Outcome {
  const { world, tariff, piece, lostPerMille } = deliveryOf(scenario);
  for (let i = 0n; i < pieces; i++) {
    traffic(world, 0, 0, piece, lostPerMille);
    overstate(world);
    drain(world, 1);
  }
  const { signed, rx } = books(world);
  const loss = positive(signed - tariff * rx);
  const bound = tariff * ((rx * tolerance.share) / growthUnit + tolerance.bytes);
  return { gain: loss, loss, bound, cost: 0n, told: `${rx} bytes arrived, any number was stated` };
}

/** The exit claims to have sent all that there can be. */
function overstate(world: LineWorld): void {
  const exit = nodeAt(world, 0);
  const statement = {
    type: "STATEMENT",
    ...headBetween(world, 0, 1),
    recipient: nodeAt(world, 1).signer.id,
    counters: [
      { sent: 0n as Position, read: 0n as Position },
      { sent: positionLimit as Position, read: 0n as Position },
    ],
  } as const;
  const signature = exit.signer.sign(statementDigest(statement));
  const bytes = encodeMessage({ ...statement, signature });
  feed(world, 1, { type: "Datagram", neighbour: 0, bytes });
}

/** T7: an exit is short of L at most, by its own quota, with no word of the client. */
export function clientUnderReporting(scenario: Scenario): Outcome {
  const { world, tariff, terms, piece, lostPerMille } = deliveryOf(scenario);
  for (let i = 0n; i < pieces; i++) {
    if (i === pieces / 4n) {
      const signed = (nodeAt(world, 1).ledger.neighbours[0]?.outbound ?? []).reduce(
        (sum, one) => sum + one.signed,
        noMoney as bigint,
      ) as Money;
      const wish = { type: "LimitSpending", neighbour: 0, limit: signed } as const;
      feed(world, 1, { type: "Wish", wish });
    }
    traffic(world, 0, 0, piece, lostPerMille);
    drain(world, 1);
  }
  const { credited, sent, rx } = books(world);
  const loss = positive(tariff * sent - credited);
  const told = `${sent} bytes were sent, ${credited / tariff} paid for`;
  return { gain: positive(tariff * rx - credited), loss, bound: terms.creditLimit, cost: 0n, told };
}

/** What of junk is borne with: the defaults of the configuration, smaller by the size of a flow. */
const junkTerms: JunkTerms = {
  share: 50_000n,
  stopBuying: 100_000n,
  freeTier: 200_000n,
  moveBytes: 0n,
};

/**
 * Decision 41 and T22: junk is paid for as far as lost bytes are. What arrives before buying stops is
 * bounded by the rule, and what can still be sent then by L; the attacker sends it for nothing.
 */
export function junkUpload(scenario: Scenario): Outcome {
  const { world, tariff, piece, terms } = deliveryOf(scenario);
  let score = newJunkScore({ received: 0n, junk: 0n, moves: 0n });
  let good = 0n;
  let [receivedAtStop, junkAtStop] = [0n, 0n];
  for (let i = 0n; i < pieces; i++) {
    const before = wayAt(world, 0, 0).rx;
    traffic(world, 0, 0, piece, 0n);
    const arrived = wayAt(world, 0, 0).rx - before;
    const isJunk = i >= pieces / 4n;
    if (!isJunk) good += arrived;
    const { last } = score;
    const junk = last.junk + (isJunk ? arrived : 0n);
    score = nextJunkScore(junkTerms, score, {
      received: last.received + arrived,
      junk,
      moves: 0n,
    });
    const defence = { stage: score.stage, junk: score.junk, undue: score.junk };
    feed(world, 1, { type: "Wish", wish: { type: "Defend", neighbour: 0, defence } });
    drain(world, 1);
    if (score.stage === "none") [receivedAtStop, junkAtStop] = [score.received, score.junk];
  }
  const { signed, sent } = books(world);
  if (junkAtStop > junkBound(junkTerms, receivedAtStop, 0n)) throw new Error("junk beyond its law");
  const loss = positive(signed - tariff * good);
  const bound = tariff * ((good * tolerance.share) / growthUnit + tolerance.bytes);
  const cost = positive(tariff * sent - signed);
  if (cost > terms.creditLimit + loss) throw new Error("an exit beyond its own quota");
  const told = `${score.junk} bytes of junk on ${good} good ones, ${junkAtStop} before buying stopped; then "${score.stage}"`;
  return { gain: loss, loss, bound, cost, told };
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
