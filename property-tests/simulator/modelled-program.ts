import { type Program, program as realProgram } from "#core/node/program.ts";
import { modelledCheck } from "./test-signer.ts";

/**
 * The core with signatures as simulations have them: a hash stands for each. Named as the core's
 * own, so that a bundle of this module can be a second program.
 */
export const program: Program = { ...realProgram, signedBy: modelledCheck };
