import { type Program, program } from "#core/node/program.ts";
import { modelledCheck } from "./test-signer.ts";

/** The core with signatures as simulations have them: a hash stands for each. */
export const modelledProgram: Program = { ...program, signedBy: modelledCheck };
