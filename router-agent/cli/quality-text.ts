/** A loss of parts per million in per cent, for people. */
export function lossShare(ppm: string | undefined): string {
  return ppm === undefined ? "unknown" : `${(Number(ppm) / 10_000).toFixed(2)} %`;
}

/** A delay of microseconds, for people. */
export function wayDelay(microseconds: string | undefined): string {
  return microseconds === undefined ? "unknown" : `${(Number(microseconds) / 1000).toFixed(1)} ms`;
}

/** A rank in thousandths, for people. */
export function timesWorse(thousandths: string): string {
  return thousandths === "1000"
    ? "as promised"
    : `${(Number(thousandths) / 1000).toFixed(2)} times worse than promised`;
}
