import { type Program, program as realProgram } from "#core/node/program.ts";
import { modelledCheck } from "./test-signer.ts";
import { writtenOutputs } from "./written-outputs.ts";

/** A program that also writes down what it wants done, in its own realm. */
export interface ModelledProgram extends Program {
  readonly writtenOutputs: typeof writtenOutputs;
}

/**
 * The core with signatures as simulations have them: a hash stands for each. Named as the core's
 * own, so that a bundle of this module can be a second program.
 */
export const program: ModelledProgram = {
  ...realProgram,
  signedBy: modelledCheck,
  writtenOutputs,
};
