import { performance } from "node:perf_hooks";
import * as Context from "effect/Context";
import * as Layer from "effect/Layer";

/**
 * Time for what may know time: rates of datagrams, pokes, log lines. It never goes back and has
 * no date, so a router that boots in 1970 behaves like any other. Billing never reads it (T10).
 */
export class MonotonicClock extends Context.Service<
  MonotonicClock,
  {
    /** Milliseconds since some fixed moment, possibly fractional; never smaller than before. */
    readonly milliseconds: () => number;
  }
>()("meshtoll/adapters/clock/MonotonicClock") {}

/** The machine's monotonic clock. */
export const machineClock = Layer.succeed(MonotonicClock, {
  milliseconds: () => performance.now(),
});

/** A clock that stands still until it is moved by hand, for tests and simulations. */
export interface ManualClock {
  readonly milliseconds: () => number;
  /** Moves the clock. @throws RangeError backwards. */
  readonly advance: (milliseconds: number) => void;
}

/** A {@link ManualClock} that begins at 0. Provide it as `MonotonicClock` where one is asked for. */
export function manualClock(): ManualClock {
  let now = 0;
  return {
    milliseconds: () => now,
    advance: (milliseconds) => {
      if (!(milliseconds >= 0)) {
        throw new RangeError(`a clock moves forward only, found ${milliseconds} ms`);
      }
      now += milliseconds;
    },
  };
}
