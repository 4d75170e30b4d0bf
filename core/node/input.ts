import type { JunkStage } from "#core/enforcement/junk.ts";
import type { Channel } from "#core/settlement/channel.ts";
import type { JournalId } from "#core/units/journal-id.ts";
import type { Money, TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { NeighbourPolicy } from "./policy.ts";

/** Everything that can happen to a node. Time is not among it: the shell pokes. */
export type Input =
  /** The agent began a run, or its configuration changed. Always the first input of a run. */
  | {
      readonly type: "Configured";
      readonly neighbours: readonly NeighbourPolicy[];
      /** Our WireGuard public key, 32 bytes, told in HELLO. */
      readonly tunnelKey: Uint8Array;
      /** The name for our journal, should it be a new one: drawn by the shell, never used before. */
      readonly journal: JournalId;
      /** Whether a run begins, and not only the configuration changed. */
      readonly starting: boolean;
      /** Where a run begins: what the one before resold, so that leases still out stay covered (T12). */
      readonly resold?: readonly ResoldClass[];
    }
  | { readonly type: "Readings"; readonly readings: readonly Reading[] }
  /** Bytes from a neighbour's class-0 tunnel. */
  | { readonly type: "Datagram"; readonly neighbour: number; readonly bytes: Uint8Array }
  | { readonly type: "ChannelFact"; readonly neighbour: number; readonly channel: Channel }
  | { readonly type: "Wish"; readonly wish: Wish }
  /** "Look again." Safety holds for every schedule of pokes. */
  | { readonly type: "Poke" };

/** A class that was sold to a neighbour over another one. */
export interface ResoldClass {
  readonly id: NodeId;
  readonly class: PriceClass;
  readonly via: NodeId;
}

/** The kernel's raw counters of one tunnel. */
export interface Reading {
  readonly neighbour: number;
  readonly class: PriceClass;
  /** Boot, interface and peer, as one text: what one run of the counters belongs to. */
  readonly generation: string;
  /** WireGuard peer transfer bytes, raw. */
  readonly sent: bigint;
  readonly received: bigint;
}

/** What an operator can ask of a running node. */
export type Wish =
  /** Journal the last readings and pay everything owed, below the threshold too. */
  | { readonly type: "Settle" }
  /** Never sign more than this to the neighbour in all; the present total stops all payment. */
  | { readonly type: "LimitSpending"; readonly neighbour: number; readonly limit: Money }
  /** Ask the neighbour's leave to take so much of our part out of the channel, in all. */
  | { readonly type: "Withdraw"; readonly neighbour: number; readonly total: TokenUnits }
  /** Pay what is owed, then close the channel together with the neighbour. */
  | { readonly type: "EndChannel"; readonly neighbour: number }
  /** Treat a neighbour for its junk as said: until the run ends, or this is said again. */
  | { readonly type: "Defend"; readonly neighbour: number; readonly defence: Defence };

/** What the shell found of a neighbour's junk. It bills nobody: it says what we refuse to buy. */
export interface Defence {
  readonly stage: JunkStage;
  /** Junk that arrived in this run, in bytes. */
  readonly junk: bigint;
  /** Of it, what came on the tunnel of a delivery: paid for no more than lost bytes are. */
  readonly undue: bigint;
}
