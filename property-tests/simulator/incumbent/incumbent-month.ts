import { charge, type DebtKeeper, enforce, noDebt, payment, reload, save } from "./debt-keeper.ts";
import {
  bytesPerSecond,
  daySeconds,
  feePerByte,
  freeBytesPerSecond,
  type Month,
  terms,
} from "./month.ts";

/** What a month did to an honest payer. */
export interface Suffering {
  /** How often it was throttled, though it paid whatever it knew of. */
  readonly episodes: number;
  readonly shareOfTimeThrottled: number;
}

/** Seconds of a round: counters are read, debts paid and enforced. */
const roundSeconds = 5;

/** How often the file is written. */
export type Saving = "hourly" | "never";

const hourSeconds = 3600;

/** A payment is a transaction on a chain: so many rounds until the payee's agent sees it. */
const paymentRounds = 3;

/** The incumbent's debt keepers on both sides of a link for a month. */
export function incumbentMonth({ days, cuts }: Month, saving: Saving): Suffering {
  let payer: DebtKeeper = noDebt;
  let payee: DebtKeeper = noDebt;
  let throttledRounds = 0;
  let episodes = 0;
  let next = 0;
  const onTheWay: bigint[] = Array.from({ length: paymentRounds }, () => 0n);
  const rounds = (days * daySeconds) / roundSeconds;
  for (let round = 0; round < rounds; round++) {
    const second = round * roundSeconds;
    for (let cut = cuts[next]; cut !== undefined && cut.second <= second; cut = cuts[++next]) {
      if (cut.who === "payer") payer = reload(payer);
      else payee = reload(payee);
    }
    const rate = payee.throttles ? freeBytesPerSecond : bytesPerSecond;
    const grains = rate * BigInt(roundSeconds) * feePerByte;
    payer = charge(payer, -grains, terms);
    payee = charge(payee, grains, terms);
    const paid = payment(payer, terms);
    payer = charge(payer, paid, terms);
    onTheWay.push(paid);
    payee = charge(payee, -(onTheWay.shift() ?? 0n), terms);
    const before = payee.throttles;
    payee = enforce(payee, terms);
    if (payee.throttles && !before) episodes += 1;
    if (payee.throttles) throttledRounds += 1;
    if (saving === "hourly" && second % hourSeconds === 0) {
      payer = save(payer);
      payee = save(payee);
    }
  }
  return { episodes, shareOfTimeThrottled: throttledRounds / rounds };
}
