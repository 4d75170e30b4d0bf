import type { DiscoveredPeer } from "#adapters/discovery/discovery.ts";
import type { Config } from "#agent/config/config.ts";
import type { RememberedNeighbour } from "./remembered-neighbour.ts";

/** How a found router stands with us, and why, in words. */
export interface PeerState {
  readonly state:
    | "neighbour"
    /** We have accepted it, and it has not accepted us (yet). */
    | "waiting"
    /** It waits for an operator's word. */
    | "asking"
    | "refused"
    | "ignored"
    | "silent"
    | "clash"
    | "failed";
  readonly why: string;
}

/** Works out how a router stands. @param failure why it could not be made a neighbour, if so. */
export function peerState(
  peer: DiscoveredPeer,
  { neighbours, discovery }: Config,
  remembered: RememberedNeighbour | undefined,
  failure: string | undefined,
): PeerState {
  if (peer.elsewhere?.clash === true) {
    const { address, interfaceName } = peer.elsewhere.place;
    const where = `${address} on ${interfaceName}`;
    return { state: "clash", why: `another machine shows the same node key at ${where}` };
  }
  const isWritten = neighbours.some(({ id }) => id === peer.id);
  if (remembered?.standing === "refused" && !isWritten) {
    return { state: "refused", why: "it was forgotten; `accept` takes it back" };
  }
  if (!peer.alive) return { state: "silent", why: "it has not answered lately" };
  if (failure !== undefined) return { state: "failed", why: failure };
  if (isWritten || remembered?.standing === "accepted") {
    if (peer.port > 0 && remembered?.port === peer.port)
      return { state: "neighbour", why: "it proved to be here, and accepted us" };
    return { state: "waiting", why: "it has not accepted us yet" };
  }
  if (discovery.policy === "off") return { state: "ignored", why: "discovery_policy is off" };
  return {
    state: "asking",
    why: `\`accept\` makes it a neighbour${peer.port > 0 ? "; it has accepted us" : ""}`,
  };
}
