import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { LinkEvents, type LinkEventsError } from "./link-events.ts";
import { netlinkLinkEvents } from "./netlink-link-events.ts";
import { spawnedLinkEvents } from "./spawned-link-events.ts";

/** Link events of the real machine: by netlink where koffi loads, else by asking `ip`. */
export const machineLinkEvents: Layer.Layer<LinkEvents, LinkEventsError> = Layer.effect(
  LinkEvents,
  netlinkLinkEvents.pipe(Effect.catch(() => spawnedLinkEvents)),
).pipe(Layer.provide(koffiNetlink));
