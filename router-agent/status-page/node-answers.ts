import type { HistoryState } from "#agent/agent/historian.ts";
import type { statusOf } from "#agent/agent/request.ts";
import type { Plain } from "#agent/cli/node-status.ts";
import type { DefenceFacts } from "#agent/defence/defence-keeper.ts";

/** What the agent answers to `status`. */
export type StatusAnswer = Plain<ReturnType<typeof statusOf>> & {
  readonly history: HistoryState;
  /** What was carried for nothing, and what of it was junk. */
  readonly junk?: readonly DefenceAnswer[];
};

/** Junk and free bytes of one neighbour, since they are remembered. */
export type DefenceAnswer = Plain<DefenceFacts>;

/** One neighbour of it. */
export type NeighbourAnswer = StatusAnswer["neighbours"][number];

/** What is read of the answer to `channel status`. */
export interface ChannelAnswer {
  readonly place: string;
  readonly problem?: string;
  readonly channels: readonly {
    readonly id: string;
    readonly status: string;
    /** Token units. */
    readonly depositOut?: string;
    readonly free?: string;
    readonly last?: { readonly step: string; readonly outcome: string };
  }[];
}

/** What is read of the answer to `routes`, where the agent has a routing of its own. */
export interface RoutesAnswer {
  /** "up" where it answers; "off" where none is wanted. */
  readonly babel: string;
  readonly links?: readonly LinkAnswer[];
  readonly routes: readonly RouteAnswer[];
}

/** A link to a neighbour, as it is measured: loss each way in parts per million, delay in microseconds. */
export interface LinkAnswer {
  readonly neighbour: string;
  readonly lossOut?: string;
  readonly lossIn?: string;
  readonly delay?: string;
}

/** A way to a destination: amounts are texts, loss in parts per million, delay in microseconds. */
export interface RouteAnswer {
  readonly prefix: string;
  /** Nothing where the daemon alone decides, in the free class. */
  readonly via?: string;
  readonly class?: number | string;
  readonly price?: string;
  readonly loss?: number | string;
  readonly delay?: number | string;
  readonly score?: number | string;
  readonly why?: string;
  readonly alternatives?: readonly {
    readonly via?: string;
    readonly price?: string;
    readonly loss?: number | string;
    readonly delay?: number | string;
    readonly score?: number | string;
    readonly feasible?: boolean;
    readonly why?: string;
  }[];
}
