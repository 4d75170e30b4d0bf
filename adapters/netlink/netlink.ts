import * as Context from "effect/Context";
import type * as Effect from "effect/Effect";
import type * as Result from "effect/Result";
import type * as Scope from "effect/Scope";
import type { NetlinkError } from "./netlink-error.ts";

/** Netlink sockets of the network namespace that this process is in. */
export class Netlink extends Context.Service<
  Netlink,
  {
    /**
     * Opens a socket that closes with its scope. Fails with `unavailable` where this process cannot
     * have one. @param groups a bit for each multicast group to hear; 0 for none.
     */
    readonly open: (
      protocol: NetlinkProtocol,
      groups: number,
    ) => Effect.Effect<NetlinkSocket, NetlinkError, Scope.Scope>;
  }
>()("meshtoll/adapters/netlink/Netlink") {}

/** NETLINK_ROUTE, NETLINK_NETFILTER and NETLINK_GENERIC. */
export const netlinkProtocols = { route: 0, netfilter: 12, generic: 16 } as const;

/** One of {@link netlinkProtocols}. */
export type NetlinkProtocol = (typeof netlinkProtocols)[keyof typeof netlinkProtocols];

/**
 * A socket that never blocks. The kernel writes an answer while it takes the request, and goes on
 * with a long one while it is read: so nothing here waits, and a conversation is plain calls.
 */
export interface NetlinkSocket {
  readonly send: (bytes: Uint8Array) => Result.Result<void, NetlinkError>;
  readonly receive: () => Result.Result<Received, NetlinkError>;
}

/** What a look at a socket finds. */
export type Received =
  | { readonly kind: "Datagram"; readonly bytes: Uint8Array }
  | { readonly kind: "Empty" }
  /** The kernel had to drop messages for this socket (ENOBUFS): look at everything again. */
  | { readonly kind: "Overrun" };

/**
 * The longest datagram, in bytes: the kernel makes none above 32 KiB (NLMSG_GOODSIZE, and
 * max_recvmsg_len of netlink dumps).
 */
export const datagramLimit = 65_536;
