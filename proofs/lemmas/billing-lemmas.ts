import { credit, enforcedPosition, read } from "#core/rules/payee-rules.ts";
import { equal } from "../model/system.ts";
import { type Term, terms } from "../smt/term.ts";
import type { Lemma } from "./lemma.ts";

const { add, subtract, atMost, below, and, or, max, min, constant } = terms;
const zero = constant(0n);
const one = constant(1n);
const same = (a: Term, b: Term): Term => equal(terms, a, b);

const payee = (credited: Term, at: Term) => ({ read: at, granted: zero, credited });
const credited = (to: Term, total: Term): Term => credit(terms, payee(to, zero), total).credited;
const readTo = (from: Term, at: Term): Term => read(terms, payee(zero, from), at).read;

/** Statements about numbers alone, over the shipped rules where there is one. */
export const billingLemmas: readonly Lemma[] = [
  {
    theorem: "T3",
    name: "who counts fewer bytes expects less money",
    symbols: ["y", "rx", "tx"],
    statement: (of, f) => ({
      given: [
        { name: "y <= rx", holds: atMost(of("y"), of("rx")) },
        { name: "E1: rx <= tx", holds: atMost(of("rx"), of("tx")) },
      ],
      claim: atMost(f(of("y")), f(of("tx"))),
    }),
  },
  {
    theorem: "T4",
    name: "vouchers are a join semilattice: order, repetition and loss do not matter",
    symbols: ["w", "a", "b"],
    statement: (of) => {
      const [w, a, b] = [of("w"), of("a"), of("b")];
      return {
        given: [],
        claim: and(
          same(credited(credited(w, a), b), credited(credited(w, b), a)),
          same(credited(credited(w, a), a), credited(w, a)),
          atMost(w, credited(w, a)),
          atMost(credited(w, b), credited(credited(w, a), b)),
        ),
      };
    },
  },
  {
    theorem: "T12",
    name: "a forwarder keeps its fee, but for L",
    symbols: ["up", "down", "fee", "L", "w", "v", "forwarded"],
    statement: (of, f) => ({
      given: [
        { name: "forwards no more than it received", holds: atMost(of("forwarded"), of("down")) },
        {
          name: "sells what it holds, at its price and the fee",
          holds: atMost(add(of("up"), of("fee")), f(of("forwarded"))),
        },
        {
          name: "credit given is at most L (T7)",
          holds: atMost(subtract(f(of("down")), of("w")), of("L")),
        },
        { name: "pays for what it sent (T5)", holds: atMost(of("v"), of("up")) },
      ],
      claim: atMost(subtract(of("fee"), of("L")), subtract(of("w"), of("v"))),
    }),
  },
  {
    theorem: "T13",
    name: "rounding a total: payer up, payee down, less than one unit apart from the truth",
    symbols: ["owed", "expected", "charged", "credited", "unit"],
    statement: (of) => ({
      given: [
        { name: "F(y) <= F(tx)", holds: atMost(of("expected"), of("owed")) },
        { name: "the payer rounds up", holds: atMost(of("owed"), of("charged")) },
        { name: "to the next unit", holds: below(of("charged"), add(of("owed"), of("unit"))) },
        { name: "the payee rounds down", holds: atMost(of("credited"), of("expected")) },
      ],
      claim: and(
        atMost(of("credited"), of("charged")),
        below(subtract(of("charged"), of("owed")), of("unit")),
      ),
    }),
  },
  {
    theorem: "T14",
    name: "no stall: with L >= T - 1 + P (U + D + 1) the leases end ahead of what was sent",
    symbols: ["x", "late", "g", "w", "L", "T", "window", "P"],
    statement: (of, f) => {
      const needed = add(subtract(of("T"), one), add(of("window"), of("P")));
      const name = "L >= T - 1 + P (U + D) + P";
      return {
        given: [
          {
            name: "price cap over U + D bytes",
            holds: atMost(subtract(f(of("x")), f(of("late"))), of("window")),
          },
          {
            name: "price cap for the next byte",
            holds: atMost(subtract(f(add(of("g"), one)), f(of("g"))), of("P")),
          },
          {
            name: "vouchers due U + D bytes ago have arrived",
            holds: below(subtract(f(of("late")), of("T")), of("w")),
          },
          {
            name: "the payee leases all it may",
            holds: below(add(of("w"), of("L")), f(add(of("g"), one))),
          },
          { name, holds: atMost(needed, of("L")) },
        ],
        claim: below(of("x"), of("g")),
        tight: { name, holds: same(of("L"), subtract(needed, one)) },
      };
    },
  },
  {
    theorem: "T17",
    name: "reading twice is reading once, and never goes back",
    symbols: ["y", "m", "n"],
    statement: (of) => {
      const [y, m, n] = [of("y"), of("m"), of("n")];
      return {
        given: [],
        claim: and(
          same(readTo(readTo(y, m), m), readTo(y, m)),
          same(readTo(readTo(y, m), n), readTo(readTo(y, n), m)),
          atMost(y, readTo(y, m)),
        ),
      };
    },
  },
  {
    theorem: "T18",
    name: "of two reads of which one is wrong, the smaller is not too much, the larger not too little",
    symbols: ["first", "second", "read1", "read2"],
    statement: (of) => ({
      given: [
        { name: "E5: the counter rises", holds: atMost(of("first"), of("second")) },
        {
          name: "E7: at most one is wrong",
          holds: or(same(of("read1"), of("first")), same(of("read2"), of("second"))),
        },
      ],
      claim: and(
        atMost(min(of("read1"), of("read2")), of("second")),
        atMost(of("first"), max(of("read1"), of("read2"))),
      ),
    }),
  },
  {
    theorem: "T19",
    name: "with rx <= tx + eps, enforcing on max(0, y - eps) holds nothing against a payer that it did not send",
    symbols: ["y", "rx", "tx", "eps"],
    statement: (of) => ({
      given: [
        { name: "0 <= tx", holds: atMost(zero, of("tx")) },
        { name: "y <= rx", holds: atMost(of("y"), of("rx")) },
        { name: "rx <= tx + eps", holds: atMost(of("rx"), add(of("tx"), of("eps"))) },
      ],
      claim: atMost(enforcedPosition(terms, of("y"), of("eps")), of("tx")),
    }),
  },
];
