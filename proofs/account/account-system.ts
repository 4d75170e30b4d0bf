import type { Curve } from "#core/rules/algebra.ts";
import { payeeInvariants, payerInvariants } from "#core/rules/invariants.ts";
import type { PayeeView } from "#core/rules/payee-rules.ts";
import type { PayerView } from "#core/rules/payer-rules.ts";
import {
  type Action,
  type Claim,
  equal,
  type State,
  type System,
  type World,
} from "../model/system.ts";
import type { AccountRules } from "./account-rules.ts";

/**
 * Both sides of one account (letters as in protocol section 3), and the truth between them: the
 * kernels' positions, what was ever told to kernel and network, bytes really sent, c for every
 * reboot of the payer, and by how much leased bytes ever became dearer.
 */
export const accountFields = [
  ...(["x", "r", "g", "v", "y", "G", "w"] as const),
  ...(["tx", "rx", "quota", "said", "offered", "bytes", "leapt", "rise"] as const),
] as const;

/** One of {@link accountFields}. */
export type AccountField = (typeof accountFields)[number];

/** L, in grains, and c, in bytes. */
export type AccountConstant = "L" | "c";

/** A state of one account. */
export type Account<I> = State<AccountField, I>;

/** An account under some rules: every interleaving of both agents, kernels and the network. */
export function accountSystem(rules: AccountRules): System<AccountField, AccountConstant> {
  return {
    name: "account",
    fields: accountFields,
    constants: ["L", "c"],
    model: (world) => {
      const { a, constants } = world;
      const zero = a.constant(0n);
      return {
        terms: [
          { name: "L >= 0", holds: a.atMost(zero, constants.L) },
          { name: "c >= 0", holds: a.atMost(zero, constants.c) },
        ],
        first: Object.fromEntries(accountFields.map((field) => [field, zero])) as Account<
          typeof zero
        >,
        actions: [
          ...kernelActions(world),
          ...payerActions(rules, world),
          ...payeeActions(rules, world),
        ],
        claims: (state) => [...truths(rules, world, state), ...monitored(world, state)],
      };
    },
  };
}

type Actions<I, B> = readonly Action<AccountField, I, B>[];
type AccountWorld<I, B> = World<AccountConstant, I, B>;

/** The account as the payer's rules see it. */
export function payerOf<I>(s: State<"x" | "r" | "g" | "v", I>): PayerView<I> {
  return { sent: s.x, reserved: s.r, leased: s.g, signed: s.v };
}

/** The account as the payee's rules see it. */
export function payeeOf<I>(s: State<"y" | "G" | "w", I>): PayeeView<I> {
  return { read: s.y, granted: s.G, credited: s.w };
}

function withPayer<I>(s: Account<I>, payer: PayerView<I>): Account<I> {
  return { ...s, x: payer.sent, r: payer.reserved, g: payer.leased, v: payer.signed };
}

function withPayee<I>(s: Account<I>, payee: PayeeView<I>): Account<I> {
  return { ...s, y: payee.read, G: payee.granted, w: payee.credited };
}

/** F as the payer knows it: as far as it holds leases. */
function payerCurve<I, B>({ a, f }: AccountWorld<I, B>, s: Account<I>): Curve<I> {
  return (at) => f(a.min(at, s.g));
}

/** F as the payee knows it, with whatever it raised later. */
function payeeCurve<I, B>({ a, f }: AccountWorld<I, B>, s: Account<I>): Curve<I> {
  return (at) => a.add(f(a.min(at, s.G)), s.rise);
}

/** The world: bytes pass the quota, arrive or get lost. */
function kernelActions<I, B>({ a }: AccountWorld<I, B>): Actions<I, B> {
  return [
    {
      name: "send",
      chooses: true,
      guard: (s, m) => [{ name: "E3: within the quota", holds: a.atMost(a.add(s.tx, m), s.quota) }],
      next: (s, m) => ({ ...s, tx: a.add(s.tx, m), bytes: a.add(s.bytes, m) }),
    },
    {
      name: "arrive up to",
      chooses: true,
      guard: (s, m) => [
        { name: "E5: the counter rises", holds: a.below(s.rx, m) },
        { name: "E1: what arrives was sent", holds: a.atMost(m, s.tx) },
      ],
      next: (s, m) => ({ ...s, rx: m }),
    },
  ];
}

function payerActions<I, B>(rules: AccountRules, world: AccountWorld<I, B>): Actions<I, B> {
  const { a, constants } = world;
  const zero = a.constant(0n);
  const terms = { payThreshold: zero, reservation: constants.c };
  return [
    {
      // Also downwards: a restarted agent begins at what its journal says.
      name: "payer looks, or restarts, at",
      chooses: true,
      guard: (s, m) => [{ name: "E5: what was sent", holds: a.atMost(m, s.tx) }],
      next: (s, m) => ({ ...s, x: m }),
    },
    {
      name: "reserve up to",
      chooses: true,
      guard: (s, m) => [{ name: "P1", holds: rules.mayReserve(a, payerOf(s), terms, m) }],
      next: (s, m) => withPayer(s, rules.reserve(payerOf(s), m)),
    },
    {
      name: "tell the kernel its quota",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, quota: rules.quotaToTell(a, payerOf(s), constants.c) }),
    },
    {
      name: "sign for",
      chooses: true,
      guard: (s, m) => [
        { name: "P3", holds: rules.mayPay(a, payerCurve(world, s), payerOf(s), m) },
      ],
      next: (s, m) => withPayer(s, rules.pay(payerCurve(world, s), payerOf(s), m)),
    },
    {
      name: "send the voucher",
      chooses: false,
      guard: () => [],
      next: (s) => {
        const owed = payerCurve(world, s)(s.x);
        return { ...s, said: a.max(s.said, rules.totalToSay(payerOf(s), owed)) };
      },
    },
    {
      name: "accept a lease to",
      chooses: true,
      guard: (s, m) => [
        { name: "P5", holds: rules.mayAccept(a, payerOf(s), s.g, m) },
        { name: "E4: only what was offered", holds: a.atMost(m, s.offered) },
      ],
      next: (s, m) => withPayer(s, rules.accept(payerOf(s), m)),
    },
    {
      name: "payer reboots",
      chooses: false,
      guard: () => [],
      next: (s) => {
        const leapt = rules.leap(a, payerOf(s));
        return { ...withPayer(s, leapt), tx: leapt.sent, leapt: a.add(s.leapt, constants.c) };
      },
    },
  ];
}

function payeeActions<I, B>(rules: AccountRules, world: AccountWorld<I, B>): Actions<I, B> {
  const { a, f, constants } = world;
  return [
    {
      name: "read",
      chooses: true,
      guard: (s, m) => [{ name: "E5: no more than arrived", holds: a.atMost(m, s.rx) }],
      next: (s, m) => withPayee(s, rules.read(a, payeeOf(s), m)),
    },
    {
      name: "credit",
      chooses: true,
      // Q1's look at F is not needed against an honest payer; payee-system.ts has those who are not.
      guard: (s, m) => [{ name: "E4: only what was signed", holds: a.atMost(m, s.said) }],
      next: (s, m) => withPayee(s, rules.credit(a, payeeOf(s), m)),
    },
    {
      name: "grant up to",
      chooses: true,
      guard: (s, m) => [
        {
          name: "Q2",
          holds: rules.mayGrant(a, payeeOf(s), constants.L, m, a.add(f(m), s.rise)),
        },
      ],
      next: (s, m) => withPayee(s, rules.grant(payeeOf(s), m)),
    },
    {
      name: "send the lease",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, offered: a.max(s.offered, rules.endToOffer(a, payeeOf(s))) }),
    },
    {
      name: "payee reboots",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, rx: rules.resumeCounting(a, payeeOf(s), s.rx) }),
    },
    {
      name: "payee changes its price",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, rise: a.add(s.rise, rules.laterRise(a)) }),
    },
  ];
}

/** What must hold, with the truth in view. Together inductive: each needs the others. */
function truths<I, B>(
  rules: AccountRules,
  world: AccountWorld<I, B>,
  s: Account<I>,
): readonly Claim<B>[] {
  const { a, f, constants } = world;
  const zero = a.constant(0n);
  const inPayerEyes = payerCurve(world, s);
  const inPayeeEyes = payeeCurve(world, s);
  const bounded = a.add(s.bytes, s.leapt);
  const beyond: Curve<I> = (at) => a.add(f(at), s.rise);
  const throttled = rules.isThrottled(a, beyond, payeeOf(s), constants.L);
  return [
    { theorem: "T1", name: "0 <= y", holds: a.atMost(zero, s.y) },
    { theorem: "T1", name: "y <= rx", holds: a.atMost(s.y, s.rx) },
    { theorem: "T1", name: "rx <= tx", holds: a.atMost(s.rx, s.tx) },
    { theorem: "T1", name: "x <= tx", holds: a.atMost(s.x, s.tx) },
    { theorem: "T1", name: "tx <= r", holds: a.atMost(s.tx, s.r) },
    { theorem: "T1", name: "the kernel's quota is reserved", holds: a.atMost(s.quota, s.r) },
    { theorem: "T1", name: "what was offered is granted", holds: a.atMost(s.offered, s.G) },
    { theorem: "T1", name: "g was offered", holds: a.atMost(s.g, s.offered) },
    {
      theorem: "T16",
      name: "both price leased bytes alike",
      holds: equal(a, inPayerEyes(s.g), inPayeeEyes(s.g)),
    },
    { theorem: "T3", name: "F(y) <= F(tx)", holds: a.atMost(inPayeeEyes(s.y), inPayerEyes(s.tx)) },
    { theorem: "T5", name: "0 <= w", holds: a.atMost(zero, s.w) },
    { theorem: "T5", name: "w was said", holds: a.atMost(s.w, s.said) },
    { theorem: "T5", name: "what was said is signed", holds: a.atMost(s.said, s.v) },
    { theorem: "T5", name: "v <= F(tx)", holds: a.atMost(s.v, inPayerEyes(s.tx)) },
    { theorem: "T6", name: "an honest payer is never throttled", holds: a.not(throttled) },
    { theorem: "T8", name: "r <= tx + c", holds: a.atMost(s.r, a.add(s.tx, constants.c)) },
    { theorem: "T8", name: "tx <= sent + c x reboots", holds: a.atMost(s.tx, bounded) },
    { theorem: "T8", name: "v <= F(sent + c x reboots)", holds: a.atMost(s.v, f(bounded)) },
  ];
}

/** What the agent itself checks after every step. */
function monitored<I, B>(world: AccountWorld<I, B>, s: Account<I>): readonly Claim<B>[] {
  const { a, constants } = world;
  const ofPayer = payerInvariants.map(({ theorem, claim, holds }) => ({
    theorem,
    name: claim,
    holds: holds(a, payerCurve(world, s), payerOf(s)),
  }));
  const ofPayee = payeeInvariants.map(({ theorem, claim, holds }) => ({
    theorem,
    name: claim,
    holds: holds(a, payeeCurve(world, s), payeeOf(s), constants.L),
  }));
  return [...ofPayer, ...ofPayee];
}
