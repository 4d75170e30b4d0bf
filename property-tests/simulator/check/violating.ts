import type { Network, Way } from "../network/network.ts";
import { violationLimit } from "./violation.ts";

/** Notes that a theorem did not hold of an account: once for each of both. */
export function violate(net: Network, theorem: string, way: Way, words: string): void {
  const payer = net.nodes[way.payer]?.id ?? "";
  const payee = net.nodes[way.payee]?.id ?? "";
  note(net, theorem, payer, payee, `class ${way.class}: ${words}`);
}

/** Notes that a claim about two nodes, or about none, did not hold. */
export function note(
  net: Network,
  theorem: string,
  payer: string,
  payee: string,
  words: string,
): void {
  const known = net.violations.some(
    (one) => one.theorem === theorem && one.payer === payer && one.payee === payee,
  );
  if (known || net.violations.length >= violationLimit) return;
  net.violations.push({ theorem, step: net.now, payer, payee, words });
  net.story.tell(net.now, payer, `VIOLATION ${theorem} towards ${payee}: ${words}`);
}
