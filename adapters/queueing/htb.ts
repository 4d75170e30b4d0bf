import { classKind, type QueuePart } from "#core/queue/queue-part.ts";

/** Packets that a tunnel's device may hold beyond HTB's own queue. */
export const transmitQueue = 32;

/** One full packet on the wire of a tunnel. */
const fullPacket = 1514n;

/** A leaf queue is never shorter: a burst of eight packets fits. In bytes. */
export const leastLeaf = 8n * fullPacket;

/** A leaf queue is never longer, so that quotas need not keep more back for it. In bytes. */
export const mostLeaf = 1n << 20n;

/** A leaf queue holds 50 ms at its rate, in bytes. @param rate bits a second. */
export function leafLimit(rate: bigint): bigint {
  const bytes = rate / 8n / 20n;
  if (bytes < leastLeaf) return leastLeaf;
  return bytes < mostLeaf ? bytes : mostLeaf;
}

/** Of several leaves beside each other none is shorter than this: four full packets, in bytes. */
const leastPairLeaf = 4n * fullPacket;

/** The bytes of one leaf, where so many share what one alone would hold. @param rate bits a second. */
export function pairLeaf(rate: bigint, leaves: number): bigint {
  const part = leafLimit(rate) / BigInt(leaves);
  if (leaves === 1 || part > leastPairLeaf) return part;
  return leastPairLeaf;
}

/**
 * What queues inside a class, best first. Each is limited to {@link leafLimit}: what may wait in it is
 * part of what quotas keep back. fq_codel and sfq take turns between flows, bfifo does not.
 */
export type LeafKind = "fq_codel" | "sfq" | "bfifo";

/** The most packets that sfq keeps by itself (SFQ_DEFAULT_FLOWS - 1). */
const sfqLimit = 127n;

function leafSettings(kind: LeafKind, bytes: bigint): Readonly<Record<string, bigint>> {
  switch (kind) {
    case "fq_codel":
      return { memory_limit: bytes };
    case "sfq": {
      const packets = bytes / fullPacket;
      return { limit: packets < sfqLimit ? packets : sfqLimit };
    }
    case "bfifo":
      return { limit: bytes };
  }
}

/** HTB classes by number: what packets are given with nft's `meta priority`, and what changes. */
export const classIds: Readonly<Record<"link" | "control" | "standing" | "rest" | "free", string>> =
  {
    /** The whole link. */
    link: "1:1",
    /** Control traffic, on class 0 only. */
    control: "1:10",
    /** Everything else; its rate is the neighbour's standing. */
    standing: "1:2",
    /** Within it: the default. */
    rest: "1:20",
    /** Within it, on class 0 only: packets that are carried for nothing. */
    free: "1:30",
  };

/** HTB with the class for packets that say none; that cannot change in place. */
export function htbKind(defaultClass: number): string {
  return `htb default ${defaultClass.toString(16)}`;
}

/** How a neighbour is treated. */
export type Standing = "open" | "throttled";

/** The kernel keeps bytes a second. @param rate bits a second, likewise the ceiling. */
export function htbClass(
  id: string,
  parent: string,
  rate: bigint,
  ceil: bigint,
  prio: bigint,
): QueuePart {
  return { id, parent, kind: classKind, settings: { rate: rate / 8n, ceil: ceil / 8n, prio } };
}

/** What queues in a class. @param bytes as much as may wait in it: see {@link leafLimit}. */
export function leafOf(id: string, parent: string, kind: LeafKind, bytes: bigint): QueuePart {
  return { id, parent, kind, settings: leafSettings(kind, bytes) };
}
