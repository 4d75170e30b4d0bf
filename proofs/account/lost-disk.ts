import { isBacked, mayResumePayer, resumePayee, resumePayer } from "#core/rules/lost-disk-rules.ts";
import { fitsSchedule } from "#core/rules/payee-rules.ts";
import type { Claim, Model, System, World } from "../model/system.ts";
import {
  type Account,
  type AccountConstant,
  type AccountField,
  payeeOf,
  payerOf,
} from "./account-system.ts";

type AccountWorld<I, B> = World<AccountConstant, I, B>;

/**
 * An account whose sides lose their disks, again and again. What was said by or to a journal that is
 * lost is dropped (decision 15), so what is in the network begins anew with it.
 */
export function withLostDisks(
  system: System<AccountField, AccountConstant>,
): System<AccountField, AccountConstant> {
  return {
    ...system,
    name: `${system.name} with lost disks`,
    model: <I, B>(world: AccountWorld<I, B>): Model<AccountField, I, B> => {
      const model = system.model(world);
      return {
        ...model,
        actions: [...model.actions, ...losses(world)],
        claims: (s) => [...model.claims(s), ...promises(world, s)],
      };
    },
  };
}

function losses<I, B>({ a, f }: AccountWorld<I, B>): Model<AccountField, I, B>["actions"] {
  return [
    {
      // It resumes at the latest lease that the payee shows; its total comes back with it.
      name: "payer loses its disk",
      chooses: false,
      guard: () => [],
      next: (s) => {
        const payer = resumePayer({ ...payerOf(s), signed: s.w }, s.G);
        const from = { x: payer.sent, r: payer.reserved, g: payer.leased, v: payer.signed };
        const leapt = a.add(s.leapt, a.subtract(s.G, s.tx));
        return { ...s, ...from, tx: payer.sent, quota: s.tx, said: s.w, offered: s.G, leapt };
      },
    },
    {
      // It resumes from the lease and the total that the payer shows, where that lease says that it
      // had been paid to.
      name: "payee loses its disk, and was paid up to",
      chooses: true,
      guard: (s, m) => [
        { name: "the lease was signed when so much was credited", holds: a.atMost(f(m), s.w) },
      ],
      next: (s, m) => {
        const payee = resumePayee(payeeOf(s), s.g, m);
        const all = { y: payee.read, G: payee.granted, w: s.v };
        return { ...s, ...all, rx: payee.read, said: s.v, offered: s.g };
      },
    },
  ];
}

/** That no check refuses what an honest neighbour shows: each would hold whenever it is made. */
function promises<I, B>(world: AccountWorld<I, B>, s: Account<I>): readonly Claim<B>[] {
  const { a, f, constants } = world;
  const capped = (at: I) => f(a.min(at, s.G));
  const shown = { ...payerOf(s), signed: s.w };
  return [
    {
      theorem: "T8",
      name: "a payer without a disk may resume, and it costs at most L",
      holds: mayResumePayer(a, shown, constants.L, f(s.G)),
    },
    {
      theorem: "T7",
      name: "what a payee without a disk gets back is backed",
      holds: isBacked(a, s.v, constants.L, f(s.g)),
    },
    {
      theorem: "T23",
      name: "no voucher of an honest payer contradicts F",
      holds: fitsSchedule(a, capped, payeeOf(s), s.v),
    },
  ];
}
