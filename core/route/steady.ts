/**
 * A measured value that is told on: it follows what is measured only where that left a quarter around
 * it, or a floor. So a link whose loss and delay tremble is not told of in every message to everybody.
 */
export interface Tremble {
  /** Changes of less than this are never told on. */
  readonly floor: bigint;
}

/** The value to tell on. @param told what was told last; nothing at first. */
export function steady(told: bigint | undefined, measured: bigint, { floor }: Tremble): bigint {
  if (told === undefined) return measured;
  const quarter = told >> 2n;
  const room = quarter > floor ? quarter : floor;
  const distance = measured > told ? measured - told : told - measured;
  return distance > room ? measured : told;
}
