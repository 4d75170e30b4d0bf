import { text } from "node:stream/consumers";
import { init } from "z3-solver";

/**
 * Reads SMT-LIB, prints what Z3 says: the npm package as a program, so that it can be killed, can
 * crash and can be missing like any other solver, and leaves no threads behind.
 */
const script = await text(process.stdin);
const { Z3 } = await init();
const said = await Z3.eval_smtlib2_string(Z3.mk_context(Z3.mk_config()), script);
process.stdout.write(said, () => process.exit(said.includes("(error") ? 1 : 0));
