/** The values below which these shares of all lie; nothing of nothing. */
export function quantiles(values: readonly number[], shares: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return shares.map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
}
