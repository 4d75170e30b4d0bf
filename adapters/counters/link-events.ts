import * as Context from "effect/Context";
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";

/** What became of a network interface. */
export type LinkEvent =
  | {
      readonly kind: "Link";
      readonly interfaceName: string;
      readonly interfaceIndex: number;
      /** `appeared`: it is there, new or changed. `vanished`: its index never comes back. */
      readonly presence: "appeared" | "vanished";
      /** Switched on, and with a carrier. */
      readonly up: boolean;
      /**
       * Of a WireGuard interface of the kernel that vanished: all that it ever received and sent, in
       * bytes. The kernel adds to these whatever it adds to those of its peer.
       */
      readonly final?: { readonly received: bigint; readonly sent: bigint };
    }
  /** Events were lost: look at every interface again. */
  | { readonly kind: "Resync" };

/** Interfaces could not be looked at. */
export class LinkEventsError extends Data.TaggedError("LinkEventsError")<{
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}

/**
 * Tells which interfaces came, went and changed, in this process's network namespace. Hints for
 * when to look again: what was missed is found at the next look anyway.
 */
export class LinkEvents extends Context.Service<
  LinkEvents,
  {
    /** What happened since the last drain, oldest first, at most {@link eventLimit}; never waits. */
    readonly drain: Effect.Effect<readonly LinkEvent[], LinkEventsError>;
  }
>()("meshtoll/adapters/counters/LinkEvents") {}

/** The most events of one drain; more wait for the next, or become one `Resync`. */
export const eventLimit = 1024;
