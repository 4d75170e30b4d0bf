import {
  accept,
  leap,
  mayAccept,
  mayPay,
  mayReserve,
  pay,
  reserve,
} from "#core/rules/payer-rules.ts";
import type { Action, Model, System, World } from "../model/system.ts";
import { payerOf } from "./account-system.ts";

type Field = "x" | "r" | "g" | "v" | "tx" | "quota" | "bytes" | "leapt";

/**
 * A payer against anyone: a payee that offers leases as it likes and claims what it likes. No claim
 * of the payee is an input to anything here but the leases, at prices that were accepted (T22, T8).
 */
export const payerSystem: System<Field, "c"> = {
  name: "payer against anyone",
  fields: ["x", "r", "g", "v", "tx", "quota", "bytes", "leapt"],
  constants: ["c"],
  model: <I, B>(world: World<"c", I, B>): Model<Field, I, B> => {
    const { a, f, constants } = world;
    const z = a.constant(0n);
    return {
      terms: [{ name: "c >= 0", holds: a.atMost(z, constants.c) }],
      first: { x: z, r: z, g: z, v: z, tx: z, quota: z, bytes: z, leapt: z },
      actions: [...kernelActions(world), ...agentActions(world)],
      claims: (s) => {
        const bounded = a.add(s.bytes, s.leapt);
        return [
          { theorem: "T1", name: "x <= tx", holds: a.atMost(s.x, s.tx) },
          { theorem: "T1", name: "tx <= r", holds: a.atMost(s.tx, s.r) },
          { theorem: "T1", name: "the quota is reserved", holds: a.atMost(s.quota, s.r) },
          { theorem: "T1", name: "r <= g", holds: a.atMost(s.r, s.g) },
          { theorem: "T8", name: "r <= tx + c", holds: a.atMost(s.r, a.add(s.tx, constants.c)) },
          { theorem: "T8", name: "tx <= sent + c x reboots", holds: a.atMost(s.tx, bounded) },
          { theorem: "T8", name: "v <= F(sent + c x reboots)", holds: a.atMost(s.v, f(bounded)) },
          { theorem: "T22", name: "v <= F(tx)", holds: a.atMost(s.v, f(s.tx)) },
          { theorem: "T22", name: "v <= F(r)", holds: a.atMost(s.v, f(s.r)) },
        ];
      },
    };
  },
};

function kernelActions<I, B>({ a }: World<"c", I, B>): readonly Action<Field, I, B>[] {
  return [
    {
      name: "send",
      chooses: true,
      guard: (s, m) => [{ name: "E3: within the quota", holds: a.atMost(a.add(s.tx, m), s.quota) }],
      next: (s, m) => ({ ...s, tx: a.add(s.tx, m), bytes: a.add(s.bytes, m) }),
    },
    {
      name: "payer looks, or restarts, at",
      chooses: true,
      guard: (s, m) => [{ name: "E5: what was sent", holds: a.atMost(m, s.tx) }],
      next: (s, m) => ({ ...s, x: m }),
    },
    {
      name: "tell the kernel its quota",
      chooses: false,
      guard: () => [],
      next: (s) => ({ ...s, quota: s.r }),
    },
  ];
}

function agentActions<I, B>({ a, f, constants }: World<"c", I, B>): readonly Action<Field, I, B>[] {
  const terms = { payThreshold: constants.c, reservation: constants.c };
  return [
    {
      name: "reserve up to",
      chooses: true,
      guard: (s, m) => [{ name: "P1", holds: mayReserve(a, payerOf(s), terms, m) }],
      next: (s, m) => ({ ...s, r: reserve(payerOf(s), m).reserved }),
    },
    {
      name: "sign for",
      chooses: true,
      guard: (s, m) => [{ name: "P3", holds: mayPay(a, (at) => f(a.min(at, s.g)), payerOf(s), m) }],
      next: (s, m) => ({ ...s, v: pay((at) => f(a.min(at, s.g)), payerOf(s), m).signed }),
    },
    {
      name: "accept whatever lease to",
      chooses: true,
      guard: (s, m) => [{ name: "P5", holds: mayAccept(a, payerOf(s), s.g, m) }],
      next: (s, m) => ({ ...s, g: accept(payerOf(s), m).leased }),
    },
    {
      name: "payer reboots",
      chooses: false,
      guard: () => [],
      next: (s) => {
        const x = leap(a, payerOf(s)).sent;
        return { ...s, x, tx: x, leapt: a.add(s.leapt, constants.c) };
      },
    },
  ];
}
