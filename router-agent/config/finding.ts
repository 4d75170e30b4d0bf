import type { Problem } from "./problem.ts";

/** A problem before its line is known. */
export type Finding = Omit<Problem, "line">;
