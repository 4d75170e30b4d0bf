import { equal } from "../model/system.ts";
import { call, type Term, terms } from "../smt/term.ts";
import type { Lemma } from "./lemma.ts";

const { add, atMost, below, constant, not, or } = terms;
const zero = constant(0n);

/** Whether a rule throttles: all it can see is what was sent, admitted and paid. */
const throttles = (sent: Term, admitted: Term, paid: Term): Term =>
  call("throttles", sent, admitted, paid);

/**
 * T21: where the receiver pays, two stories look the same. It was sent L + 1 bytes, admits none and
 * pays nothing: because all were lost, or because it cheats. Whoever spares the one spares the other.
 */
export const impossibility: Lemma = {
  theorem: "T21",
  name: "receiver pays: a rule that spares every honest receiver lets a cheat take more than L",
  symbols: ["L", "taken"],
  statement: (of) => {
    const sent = add(of("L"), constant(1n));
    return {
      given: [
        {
          name: "who got nothing, admits nothing and pays nothing is spared",
          holds: not(throttles(sent, zero, zero)),
        },
        {
          name: "who got all, admits nothing and pays nothing takes all if not throttled",
          holds: or(throttles(sent, zero, zero), equal(terms, of("taken"), sent)),
        },
      ],
      claim: below(of("L"), of("taken")),
    };
  },
};

/**
 * Routes: a hop is feasible if its neighbour's advertised metric is below our feasibility distance;
 * that is the least metric we ever advertised (Babel, RFC 8966, section 3.5.1). Feasibility distances
 * then fall along every hop, whatever messages are late, so hops do not lead back.
 */
export const feasibleHops: readonly Lemma[] = [
  {
    theorem: "routes",
    name: "the feasibility distance falls along a feasible hop",
    symbols: ["ours", "advertised", "theirs"],
    statement: (of) => ({
      given: [
        { name: "the hop is feasible", holds: below(of("advertised"), of("ours")) },
        {
          name: "a node's distance is the least it ever advertised",
          holds: atMost(of("theirs"), of("advertised")),
        },
      ],
      claim: below(of("theirs"), of("ours")),
    }),
  },
  {
    theorem: "routes",
    name: "feasible hops from a to b, c and d do not lead back to a",
    symbols: ["a", "b", "c", "d"],
    statement: (of) => ({
      given: [
        { name: "a to b", holds: below(of("b"), of("a")) },
        { name: "b to c", holds: below(of("c"), of("b")) },
        { name: "c to d", holds: below(of("d"), of("c")) },
      ],
      claim: not(below(of("a"), of("d"))),
    }),
  },
];
