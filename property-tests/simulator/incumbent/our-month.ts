import { simulate } from "../network/simulation.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Suffering } from "./incumbent-month.ts";
import {
  bytesPerSecond,
  daySeconds,
  feePerByte,
  freeBytesPerSecond,
  type Month,
  terms,
} from "./month.ts";

/** One step of virtual time is so many seconds. */
const stepSeconds = 60;

/** What ours came to. */
export interface OurMonth extends Suffering {
  readonly violations: number;
  readonly reboots: number;
  /** What reboots made the payer pay for bytes it never sent, as a share of all it paid (T8). */
  readonly shareOverpaid: number;
}

/** The same month as a scenario: the machine reboots with every power cut, its counters are gone. */
export function monthScenario({ days, cuts }: Month, seed: number): Scenario {
  const perStep = bytesPerSecond * BigInt(stepSeconds);
  const node = {
    price: 0n,
    maxPrice: 1n << 40n,
    behaviour: "honest",
    preference: "price",
    agent: "new",
  } as const;
  const link = { loss: 0, duplicate: 0, reorder: 0, delaySteps: 1, bytesPerStep: perStep } as const;
  return {
    seed,
    defaults: {
      payThreshold: terms.payThreshold,
      creditLimit: terms.limit,
      reserveBytes: 4n * perStep,
      readBytes: 4n * perStep,
      freeBytesPerStep: freeBytesPerSecond * BigInt(stepSeconds),
      patienceSteps: 1,
    },
    nodes: [
      { ...node, id: "payer" },
      { ...node, id: "payee", price: feePerByte },
      { ...node, id: "destination" },
    ],
    links: [
      { ...link, a: "payer", b: "payee" },
      { ...link, a: "payee", b: "destination" },
    ],
    flows: [
      { from: "payer", to: "destination", bytes: bytesPerSecond * BigInt(days * daySeconds) },
    ],
    faults: cuts.map(({ second, who }) => ({
      node: who,
      kind: "reboot",
      afterBytes: bytesPerSecond * BigInt(second),
      price: undefined,
      steps: 1,
      link: undefined,
    })),
    chain: undefined,
    maxSteps: 10 * days * (daySeconds / stepSeconds) + 10_000,
  };
}

/** Our agents for the same month, by the shipped rules, with every checker. */
export function ourMonth(month: Month, seed: number): OurMonth {
  const net = simulate(monthScenario(month, seed), { seed });
  const ways = net.links.flatMap(({ ways: both }) => both.flat());
  const sum = (of: (way: (typeof ways)[number]) => bigint) =>
    ways.reduce((all, way) => all + of(way), 0n);
  const overpaid = sum(({ leaps }) =>
    leaps.reduce((all, { fromDue, toDue }) => all + toDue - fromDue, 0n),
  );
  const sent = sum((way) => way.sent);
  const throttled = sum((way) => way.throttled);
  return {
    episodes: net.falseThrottles,
    shareOfTimeThrottled: share(throttled, sent + throttled),
    violations: net.violations.length,
    reboots: net.injected.length,
    shareOverpaid: share(
      overpaid,
      sum((way) => way.bestSigned),
    ),
  };
}

/** A share with nine digits. */
function share(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 1_000_000_000n) / whole) / 1e9;
}
