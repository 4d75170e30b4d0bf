/**
 * What a kernel does for this project, in memory: tunnels with raw counters, quotas, gates and
 * standings. The in-memory twins of the tunnel, counters and queueing ports share one per node;
 * two kernels are joined by whoever drives them ({@link carry}). No clock and no chance.
 */
export interface MemoryKernel {
  readonly bootId: string;
  /** The kernel's next interface number. */
  nextIndex: number;
  readonly interfaces: Map<string, MemoryInterface>;
  /** Neighbours throttled now, by index. */
  readonly throttled: Set<number>;
  attached: boolean;
  /** What the filter counted of each neighbour, by the name of its class-0 tunnel: whoever drives it says. */
  readonly tallies: Map<string, MemoryTally>;
  /** How much more is given away to each neighbour, as it was set last. */
  readonly leaks: Map<string, bigint>;
  /** Bits a second of each link that nobody has bought, by the name of the class-0 tunnel. */
  readonly unsold: Map<string, bigint>;
  own: MemoryOwn | undefined;
  /** The agent's own routes: neighbours by their index. */
  routes: readonly { readonly prefix: string; readonly index: number; readonly class: number }[];
}

/** Inner bytes of a neighbour: all, junk, and carried for nothing each way and at our cost. */
export interface MemoryTally {
  readonly received: bigint;
  readonly junk: bigint;
  readonly undue: bigint;
  readonly freeIn: bigint;
  readonly freeOut: bigint;
  readonly leaked: bigint;
}

/** Our own users, while they are throttled. */
export interface MemoryOwn {
  readonly lan: readonly string[];
  readonly notices: readonly { readonly host: string; readonly port: number }[];
}

/** One tunnel interface: raw counters, and how far each may go. */
export interface MemoryInterface {
  readonly name: string;
  readonly index: number;
  readonly peerKey: string;
  sent: bigint;
  received: bigint;
  /** Raw limits. Paid classes begin closed. */
  quota: bigint;
  gate: bigint;
  /** Whether its neighbour is throttled: then nothing from it is forwarded as paid. */
  throttled: boolean;
}

let boots = 0;

/** A machine that has just booted. */
export function memoryKernel(): MemoryKernel {
  boots += 1;
  return {
    bootId: `memory-boot-${boots}`,
    nextIndex: 1,
    interfaces: new Map(),
    throttled: new Set(),
    attached: false,
    tallies: new Map(),
    leaks: new Map(),
    unsold: new Map(),
    own: undefined,
    routes: [],
  };
}

/** Makes an interface, or finds it with its counters. */
export function makeInterface(
  kernel: MemoryKernel,
  name: string,
  peerKey: string,
): "made" | "adopted" {
  if (kernel.interfaces.get(name)?.peerKey === peerKey) return "adopted";
  const index = kernel.nextIndex;
  kernel.nextIndex += 1;
  const counters = { sent: 0n, received: 0n, quota: 0n, gate: 0n };
  kernel.interfaces.set(name, { name, index, peerKey, ...counters, throttled: false });
  return "made";
}

/** What became of bytes that were offered to a paid tunnel. */
export interface Carried {
  /** Sent on the paid class. */
  readonly sent: bigint;
  /** Of those, arrived: loss takes every so many-th byte. */
  readonly arrived: bigint;
  /** Arrived, and within the payee's gate: forwarded as paid. */
  readonly asPaid: bigint;
  /** Kept back by the payer's own quota: they ride the free class. */
  readonly degraded: bigint;
}

/**
 * Carries bytes from one kernel's paid interface to the other's, as far as quota and gate allow.
 * @param lostPerMille how many of a thousand bytes get lost.
 * @param cheating sends beyond the quota, as a payer would that switched its own off.
 */
export function carry(
  from: MemoryInterface | undefined,
  to: MemoryInterface | undefined,
  bytes: bigint,
  lostPerMille: bigint,
  cheating = false,
): Carried {
  if (from === undefined) return { sent: 0n, arrived: 0n, asPaid: 0n, degraded: bytes };
  const left = from.quota > from.sent ? from.quota - from.sent : 0n;
  const sent = cheating || bytes < left ? bytes : left;
  from.sent += sent;
  const arrived = to === undefined ? 0n : sent - (sent * lostPerMille) / 1000n;
  if (to === undefined) return { sent, arrived, asPaid: 0n, degraded: bytes - sent };
  const open = to.throttled || to.gate <= to.received ? 0n : to.gate - to.received;
  to.received += arrived;
  return { sent, arrived, asPaid: arrived < open ? arrived : open, degraded: bytes - sent };
}
