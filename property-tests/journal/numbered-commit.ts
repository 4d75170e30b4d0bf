/**
 * A commit by its number alone: mostly short ones, some over several sectors. Imports nothing: the
 * processes and machines that write it start again and again.
 */
export function numberedCommit(number: number): Uint8Array {
  const length = number % 11 === 0 ? 3000 + (number % 4000) : 20 + (number % 100);
  return Uint8Array.from({ length }, (_, i) =>
    i < 4 ? number >>> (8 * i) : (number * 31 + i * 7) & 0xff,
  );
}
