import type { Algebra } from "#core/rules/algebra.ts";
import { capacity, isCovered, mayPermit } from "#core/rules/channel-rules.ts";
import {
  type Claim,
  equal,
  type Model,
  type State,
  type System,
  type World,
} from "../model/system.ts";

/**
 * An honest party's channel with anyone: what either deposited and withdrew, the permits to withdraw
 * that the honest party signed, its own signed total, and what it credited of the other's vouchers.
 * Where both close together: 1 once it signed the final totals, and these.
 */
const fields = [
  "ownDeposit",
  "ownOut",
  "deposit",
  "permitted",
  "out",
  "signed",
  "credited",
  "final",
  "finalOut",
  "finalIn",
] as const;
type Field = (typeof fields)[number];

/** What the honest party does with vouchers and permits. */
export interface ChannelRules {
  /** Whether a voucher over a total counts (Q1). */
  readonly mayCredit: <I, B>(a: Algebra<I, B>, s: State<Field, I>, most: I, total: I) => B;
  /** Whether the other party may be permitted to withdraw so much in all. */
  readonly mayPermit: <I, B>(a: Algebra<I, B>, s: State<Field, I>, total: I) => B;
  /** Whether vouchers of the other still count, final totals or not. */
  readonly stillCounts: <I, B>(a: Algebra<I, B>, s: State<Field, I>) => B;
}

/** What ships. */
export const soundChannel: ChannelRules = {
  mayCredit: (a, s, most, total) => {
    const held = a.subtract(s.deposit, s.permitted);
    return isCovered(a, total, capacity(a, held, s.signed, most));
  },
  mayPermit,
  stillCounts: (a, s) => a.atMost(s.final, a.constant(0n)),
};

/** Crediting whatever is signed, whether or not the channel holds it. */
export const uncoveredCredit: ChannelRules = {
  ...soundChannel,
  mayCredit: (a, _, most, total) => a.atMost(total, most),
};

/** Permitting withdrawals as long as the deposit reaches, whatever was credited. */
export const carelessPermit: ChannelRules = {
  ...soundChannel,
  mayPermit: (a, s, total) => a.atMost(total, s.deposit),
};

/** Crediting after the final totals were signed, of which the contract never hears. */
export const creditAfterFinal: ChannelRules = {
  ...soundChannel,
  stillCounts: (a) => a.atMost(a.constant(0n), a.constant(0n)),
};

/**
 * The claim theorem: once the honest party registers its best voucher, the contract pays it at least
 * what it put in and credited, less what it took out and signed away, whatever the other registers.
 * So it does where both close together: nothing is signed or credited beside the final totals.
 */
export function channelSystem(rules: ChannelRules): System<Field, "most"> {
  return {
    name: "channel",
    fields,
    constants: ["most"],
    model: <I, B>(world: World<"most", I, B>): Model<Field, I, B> => {
      const { a } = world;
      const z = a.constant(0n);
      const paid = { ownDeposit: z, ownOut: z, deposit: z, permitted: z, out: z };
      return {
        terms: [],
        first: { ...paid, signed: z, credited: z, final: z, finalOut: z, finalIn: z },
        actions: [
          ...contractActions(world),
          ...partyActions(rules, world),
          ...endingActions(world),
        ],
        claims: (s) => [
          ...endingClaims(a, s),
          { theorem: "claim", name: "0 <= credited", holds: a.atMost(z, s.credited) },
          { theorem: "claim", name: "out <= permitted", holds: a.atMost(s.out, s.permitted) },
          {
            theorem: "claim",
            name: "what is credited is in the channel",
            holds: a.atMost(a.add(s.credited, s.permitted), a.add(s.deposit, s.signed)),
          },
          {
            theorem: "claim",
            name: "the payout is at least what was credited",
            holds: a.atMost(own(a, s), payout(a, s, s.credited, s.signed)),
          },
        ],
      };
    },
  };
}

/** What the honest party counts as its own. */
function own<I, B>(a: Algebra<I, B>, s: State<Field, I>): I {
  return a.subtract(a.add(s.ownDeposit, s.credited), a.add(s.ownOut, s.signed));
}

/** What the contract pays out under totals: the balance, not below nothing and not above the pot. */
function payout<I, B>(a: Algebra<I, B>, s: State<Field, I>, incoming: I, outgoing: I): I {
  const pot = a.subtract(a.add(s.ownDeposit, s.deposit), a.add(s.ownOut, s.out));
  const balance = a.subtract(a.add(s.ownDeposit, incoming), a.add(s.ownOut, outgoing));
  return a.min(a.max(balance, a.constant(0n)), pot);
}

function endingClaims<I, B>(a: Algebra<I, B>, s: State<Field, I>): readonly Claim<B>[] {
  const isOpen = a.atMost(s.final, a.constant(0n));
  const isAll = a.and(equal(a, s.finalOut, s.signed), equal(a, s.finalIn, s.credited));
  const paid = payout(a, s, s.finalIn, s.finalOut);
  return [
    {
      theorem: "claim",
      name: "final totals are all that was signed and credited",
      holds: a.or(isOpen, isAll),
    },
    {
      theorem: "claim",
      name: "closed together, the payout is at least what was credited",
      holds: a.or(isOpen, a.atMost(own(a, s), paid)),
    },
  ];
}

function endingActions<I, B>({ a }: World<"most", I, B>): Model<Field, I, B>["actions"] {
  return [
    {
      name: "the honest party signs final totals",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, final: a.constant(1n), finalOut: s.signed, finalIn: s.credited }),
    },
  ];
}

function contractActions<I, B>({ a }: World<"most", I, B>): Model<Field, I, B>["actions"] {
  return [
    {
      name: "the other deposits",
      chooses: true,
      guard: () => [],
      next: (s, m) => ({ ...s, deposit: a.add(s.deposit, m) }),
    },
    {
      name: "the honest party deposits",
      chooses: true,
      guard: () => [],
      next: (s, m) => ({ ...s, ownDeposit: a.add(s.ownDeposit, m) }),
    },
    {
      name: "the other withdraws, in all",
      chooses: true,
      guard: (s, m) => [{ name: "a permit was signed", holds: a.atMost(m, s.permitted) }],
      next: (s, m) => ({ ...s, out: a.max(s.out, m) }),
    },
    {
      name: "the honest party withdraws",
      chooses: true,
      guard: () => [],
      next: (s, m) => ({ ...s, ownOut: a.add(s.ownOut, m) }),
    },
  ];
}

function partyActions<I, B>(
  rules: ChannelRules,
  { a, constants }: World<"most", I, B>,
): Model<Field, I, B>["actions"] {
  return [
    {
      name: "the honest party signs more:",
      chooses: true,
      guard: (s) => [{ name: "nothing is final", holds: a.atMost(s.final, a.constant(0n)) }],
      next: (s, m) => ({ ...s, signed: a.add(s.signed, m) }),
    },
    {
      name: "the honest party credits",
      chooses: true,
      guard: (s, m) => [
        { name: "Q1: covered", holds: rules.mayCredit(a, s, constants.most, m) },
        { name: "nothing is final", holds: rules.stillCounts(a, s) },
      ],
      next: (s, m) => ({ ...s, credited: a.max(s.credited, m) }),
    },
    {
      name: "the honest party permits, in all",
      chooses: true,
      guard: (s, m) => [
        { name: "what is credited stays in the channel", holds: rules.mayPermit(a, s, m) },
      ],
      next: (s, m) => ({ ...s, permitted: a.max(s.permitted, m) }),
    },
  ];
}
