import type { emptyLedger as Empty, evolve as Evolve } from "#core/journal/ledger.ts";
import type { wake as Wake } from "#core/node/node.ts";
import type { step as Step } from "#core/node/step.ts";

/**
 * The core of an earlier agent, as it was bundled from commit 6c8d3d5: protocol version 1, before the
 * message CHANNEL and before lost greetings were asked for again. Made once, never changed: it stands
 * for routers that nobody has updated. Its ledgers have no dealings.
 */
export const step: typeof Step;
export const wake: typeof Wake;
export const emptyLedger: typeof Empty;
export const evolve: typeof Evolve;
