import { creditLimitAt } from "#core/account/credit-limit.ts";
import { deliveredView } from "#core/account/delivery.ts";
import { payeeView } from "#core/account/payee-account.ts";
import { monitoredPayer, payerView } from "#core/account/payer-account.ts";
import { integers } from "#core/rules/algebra.ts";
import { payeeInvariants } from "#core/rules/invariants.ts";
import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import {
  type Acting,
  acting,
  isDelivery,
  type PathKey,
  paidClasses,
  record,
  type Turn,
} from "./turn.ts";

/**
 * T1, T5, T6 and T7 as live monitors, from the definitions that are proved. A broken one is a
 * fault, of memory or of this program: nothing more is signed, granted or reserved for the
 * neighbour, the kernel goes on forwarding, and a person is told.
 */
export function monitor(turn: Turn): void {
  for (const neighbour of turn.touched) {
    const of = acting(turn, neighbour);
    if (of === undefined) continue;
    for (const paidClass of paidClasses(of)) {
      const broken = brokenTheorem(of, paidClass);
      if (broken === undefined) continue;
      record(turn, { type: "InvariantBroken", neighbour, class: paidClass, theorem: broken });
      const words = `${broken} is broken on class ${paidClass}: acting stopped, forwarding goes on`;
      turn.outputs.push({ type: "Alarm", neighbour, words });
      break;
    }
  }
}

function brokenTheorem(of: Acting, paidClass: PathKey["class"]) {
  const payer = of.ledger.outbound[paidClass - 1];
  const payee = of.ledger.inbound[paidClass - 1];
  const path = of.live.paths[paidClass - 1];
  if (payer === undefined || payee === undefined || path === undefined) return undefined;
  const payerCurve = (at: bigint) => due(payer.schedule, at as Position);
  const payeeCurve = (at: bigint) => due(payee.schedule, at as Position);
  const asPayer = payerView(payer, path.sent);
  const paying = isDelivery(of, paidClass) ? deliveredView(asPayer, of.terms) : asPayer;
  const asPayee = payeeView(payee);
  const limit = creditLimitAt(of.terms, payee.credited);
  return (
    monitoredPayer(payer).find(
      (one) => !one.holds(integers, payerCurve, one.theorem === "T5" ? paying : asPayer),
    ) ?? payeeInvariants.find((one) => !one.holds(integers, payeeCurve, asPayee, limit))
  )?.theorem;
}
