import * as Effect from "effect/Effect";
import { eventLimit, type LinkEvent, LinkEvents } from "./link-events.ts";

/** Link events that a test makes. */
export interface MemoryLinkEvents {
  readonly service: LinkEvents["Service"];
  /** Above {@link eventLimit} undrained ones, all become one `Resync`. */
  readonly push: (event: LinkEvent) => void;
}

/** Link events of a kernel in memory. */
export function memoryLinkEvents(): MemoryLinkEvents {
  let queue: readonly LinkEvent[] = [];
  return {
    service: LinkEvents.of({
      drain: Effect.sync(() => {
        const events = queue;
        queue = [];
        return events;
      }),
    }),
    push: (event) => {
      queue = queue.length < eventLimit ? [...queue, event] : [{ kind: "Resync" }];
    },
  };
}
