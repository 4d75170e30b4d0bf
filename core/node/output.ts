import type { PriceClass } from "#core/units/price-class.ts";

/**
 * What a step asks of the shell, once its events are durable. Idempotent and derivable from the
 * state again: a crash before, between or after them is harmless.
 */
export type Output =
  | { readonly type: "Send"; readonly neighbour: number; readonly bytes: Uint8Array }
  /** P2: the kernel may send on this paid tunnel until its raw counter stands at `limit`. */
  | RawLimit<"Quota">
  /** T7: bytes from this paid tunnel are forwarded as paid until its raw counter stands there. */
  | RawLimit<"Gate">
  /** Q4: open or throttled to the free tier, both directions, at once. */
  | { readonly type: "Standing"; readonly neighbour: number; readonly standing: Standing }
  /** Something a person should know: a proven fraud, a broken invariant. */
  | { readonly type: "Alarm"; readonly neighbour: number; readonly words: string };

interface RawLimit<T extends string> {
  readonly type: T;
  readonly neighbour: number;
  readonly class: PriceClass;
  /** The generation of the counter that the limit is for. */
  readonly generation: string;
  readonly limit: bigint;
}

/** How a neighbour is treated. */
export type Standing = "open" | "throttled";
