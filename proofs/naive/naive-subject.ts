import type { Scope } from "../model/explorer.ts";
import { type Subject, subjectOf } from "../model/subject.ts";
import type { System } from "../model/system.ts";
import {
  boundlessDelivery,
  delivery,
  deliverySystem,
  honestDelivery,
  trustingDelivery,
} from "./delivery.ts";
import { exactAddition, floatAddition, moneySystem } from "./float-money.ts";
import { graceByTheClock, graceSystem, noPatience } from "./grace.ts";
import { growingCreditSystem } from "./growing-credit.ts";
import { forwardingSystem } from "./receiver-pays.ts";
import { covered, resaleSystem, uncovered } from "./resale.ts";
import { roundingSystem } from "./rounding.ts";
import { toleranceSystem } from "./tolerance.ts";

/** Every field goes up to this number, and every choice too. */
const size = 12;

/** The sound twin of each naive design that is no rule of one account. */
export const soundSubjects: readonly Subject[] = [
  small(moneySystem(exactAddition), "float-money", {}),
  small(roundingSystem("total"), "rounding", {}),
  small(graceSystem(noPatience), "grace", { L: 3 }),
  small(forwardingSystem("sender"), "receiver-pays", { L: 3 }),
  small(toleranceSystem("in proportion"), "tolerance", { eps: 1 }),
  small(resaleSystem(covered), "resale", { c: 1 }, 5),
  small(growingCreditSystem("with money paid"), "growing-credit", { L0: 2, ceiling: 4 }, 8),
  small(deliverySystem(delivery), "delivery", { L: 2, eps: 1 }, 4),
  small(deliverySystem(honestDelivery), "delivery", { L: 2, eps: 1 }, 4),
];

/** A naive design that is no rule of one account. */
export interface NaiveDesign {
  readonly name: string;
  readonly kills: string;
  readonly subject: Subject;
}

/** The naive designs that are no rule of one account. */
export const naiveDesigns: readonly NaiveDesign[] = [
  {
    name: "float money",
    kills: "T2",
    subject: small(moneySystem(floatAddition), "float-money", {}),
  },
  {
    name: "rounding per poll",
    kills: "T13",
    subject: small(roundingSystem("poll"), "rounding", {}),
  },
  {
    name: "clock-based grace",
    kills: "T7",
    subject: small(graceSystem(graceByTheClock), "grace", { L: 3 }),
  },
  {
    name: "receiver pays forward",
    kills: "T6",
    subject: small(forwardingSystem("receiver"), "receiver-pays", { L: 3 }),
  },
  {
    name: "constant tolerance",
    kills: "T19",
    subject: small(toleranceSystem("constant"), "tolerance", { eps: 1 }),
  },
  {
    name: "uncovered resale",
    kills: "T12",
    subject: small(resaleSystem(uncovered), "resale", { c: 1 }, 5),
  },
  {
    name: "credit that grows by the clock",
    kills: "T24",
    subject: small(growingCreditSystem("by the clock"), "growing-credit", { L0: 2, ceiling: 4 }, 8),
  },
  {
    name: "a client pays for whatever the exit states",
    kills: "T22",
    subject: small(deliverySystem(trustingDelivery), "delivery", { L: 2, eps: 1 }, 4),
  },
  {
    name: "an exit delivers beyond its leases",
    kills: "T1",
    subject: small(deliverySystem(boundlessDelivery), "delivery", { L: 2, eps: 1 }, 4),
  },
];

function small<F extends string, C extends string>(
  system: System<F, C>,
  file: string,
  constants: Readonly<Record<C, number>>,
  most = size,
): Subject {
  const all = Object.fromEntries(system.fields.map((field) => [field, most])) as Record<F, number>;
  const scope: Scope<F, C> = { prices: [1, 2, 1, 2], constants, most: all, choices: most };
  const chosen = Object.entries(constants).map(([name, value]) => `, ${name} ${value}`);
  return subjectOf(system, `proofs/naive/${file}.ts`, `0 to ${most}${chosen.join("")}`, [scope]);
}
