import type { LedgerEvent } from "#core/journal/event.ts";
import type { Input } from "#core/node/input.ts";
import type { Node } from "#core/node/node.ts";
import type { Output } from "#core/node/output.ts";
import { type Step, step } from "#core/node/step.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import type { Money } from "#core/units/money.ts";
import { type Defect, shipped } from "./defect.ts";

/**
 * Designs that look as if they would do, and do not (protocol section 6). A run with one of them must
 * be caught by a checker: `npm run simulate -- --scenario FILE --defect NAME`.
 */
export const naiveDesigns = {
  /** Outputs are performed before events are durable. */
  sendsBeforeJournal: { careless: true },
  /** Every start of the agent counts as a reset of all counters. */
  countsTwiceOnRestart: { forgetful: true },
  /** Leases are granted for twice the credit limit. */
  grantsDouble: {
    policy: (policy) => {
      const creditLimit = (policy.terms.creditLimit * 2n) as Money;
      return { ...policy, terms: { ...policy.terms, creditLimit } };
    },
  },
  /** The kernel may send more than was reserved. */
  quotaBeyondReservation: { output: (output) => widened(output, "Quota") },
  /** The kernel forwards more than was leased. */
  gateBeyondLease: { output: (output) => widened(output, "Gate") },
  /** Whoever lost packets on the way is taken for a debtor: the receiver compares counters. */
  throttlesOnLoss: { step: (node, input) => distrusting(node, input) },
  /** Vouchers are not credited. */
  deafToVouchers: { step: (node, input) => deaf(node, input) },
  /** Sells for its own fee, whatever its next hop charges. */
  uncoveredResale: {
    policy: (policy) => ({
      ...policy,
      prices: policy.prices.map((one) =>
        one.kind === "resale" && one.fee > 0n ? { kind: "fixed", price: one.fee } : one,
      ),
    }),
  },
  /** A step that fails on some input. */
  throwsOnRepetition: { step: (node, input) => brittle(node, input) },
} as const satisfies Readonly<Record<string, Partial<Defect>>>;

/** The name of a naive design. */
export type NaiveDesign = keyof typeof naiveDesigns;

/** All names, in the order of the list. */
export const naiveDesignNames = Object.keys(naiveDesigns) as readonly NaiveDesign[];

/** How much too far a limit goes, bytes: more than any reservation. */
const excess = 1n << 30n;

function widened(output: Output, type: "Quota" | "Gate"): Output {
  return output.type === type ? { ...output, limit: output.limit + excess } : output;
}

function distrusting(node: Node, input: Input): Step {
  const done = shipped.step(node, input);
  const message = input.type === "Datagram" ? decodeMessage(input.bytes) : undefined;
  if (input.type !== "Datagram" || typeof message !== "object") return done;
  if (message.type !== "STATEMENT") return done;
  const paths = done.node.live[input.neighbour]?.paths ?? [];
  const isShort = message.counters.some(({ sent }, i) => sent > (paths[i]?.read ?? sent));
  const { neighbour } = input;
  const verdict: Output = { type: "Standing", neighbour, standing: "throttled" };
  return isShort ? { ...done, outputs: [...done.outputs, verdict] } : done;
}

const nothingDone: {
  readonly events: readonly LedgerEvent[];
  readonly outputs: readonly Output[];
} = { events: [], outputs: [] };

function deaf(node: Node, input: Input): Step {
  const message = input.type === "Datagram" ? decodeMessage(input.bytes) : undefined;
  const isVoucher = typeof message === "object" && message.type === "VOUCHER";
  return isVoucher && message.voucher !== undefined ? { node, ...nothingDone } : step(node, input);
}

function brittle(node: Node, input: Input): Step {
  const message = input.type === "Datagram" ? decodeMessage(input.bytes) : undefined;
  if (typeof message === "object" && message.type === "VOUCHER" && input.type === "Datagram") {
    const credited = node.ledger.neighbours[input.neighbour]?.credited;
    if (credited !== undefined && message.voucher?.cumulative === credited.cumulative) {
      throw new Error("a voucher came twice");
    }
  }
  return step(node, input);
}
