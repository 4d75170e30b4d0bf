import { commitOf } from "../contracts/journal-contract.ts";

/** A commit by its number alone: mostly short ones, some over several sectors. */
export function numberedCommit(number: number): Uint8Array {
  return commitOf(number, number % 11 === 0 ? 3000 + (number % 4000) : 20 + (number % 100));
}
