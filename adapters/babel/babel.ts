import * as Context from "effect/Context";
import * as Data from "effect/Data";
import type * as Effect from "effect/Effect";
import type { Prefix } from "#core/route/prefix.ts";

/** The metric of what cannot be reached, such as a route that was retracted (RFC 8966, section 3.5). */
export const infinity = 65_535;

/** One route that babeld knows: a destination by one neighbour. */
export interface BabelRoute {
  readonly prefix: Prefix;
  readonly interfaceName: string;
  /** The neighbour's link-local address, as babeld writes it. */
  readonly nextHop: string;
  /** Babel's own metric, 0 to 65535; 65535 is a retracted route. */
  readonly metric: number;
  /** The metric that the neighbour announced. */
  readonly refMetric: number;
  /** It is the one that babeld takes itself. */
  readonly installed: boolean;
  /** RFC 8966, section 3.5.1: by it there is no loop. What is not known is false. */
  readonly feasible: boolean;
  /** Of the Althea dialect: what its babeld says a byte costs. For people to see; nothing hangs on it. */
  readonly price: bigint | undefined;
}

/** A neighbour that babeld hears. */
export interface BabelNeighbour {
  readonly address: string;
  readonly interfaceName: string;
  /** The last sixteen hellos, newest first, as bits. */
  readonly reach: number;
  /** 65535 where it does not hear us. */
  readonly cost: number;
}

/** How babeld is: only what is `up` may be built on. */
export type BabelState =
  | "up"
  /** Not asked for, or not begun yet. */
  | "off"
  /** Nobody listens on its socket. */
  | "down"
  /** It listens, and does not answer. */
  | "hung"
  /** It says what nobody can mean: no line of its protocol, or more than the limits. */
  | "senseless";

/** What babeld knows, at one moment. */
export interface BabelView {
  readonly state: BabelState;
  /** Why, in words, where it is not up. */
  readonly why: string | undefined;
  /** As babeld names itself, such as babeld-1.12.1. */
  readonly version: string | undefined;
  readonly interfaces: ReadonlyMap<string, { readonly up: boolean }>;
  readonly neighbours: readonly BabelNeighbour[];
  /** By destination. */
  readonly routes: ReadonlyMap<Prefix, readonly BabelRoute[]>;
  /** What this node announces itself. */
  readonly own: readonly Prefix[];
  /** Whether it is known which routes are feasible; else only what babeld has installed is. */
  readonly verified: boolean;
  /** Lines that could not be read, since the agent began. */
  readonly refused: number;
  /** Grows with every change: equal numbers, equal views. */
  readonly change: number;
}

/** babeld could not be started, or not be ended. */
export class BabelError extends Data.TaggedError("BabelError")<{ readonly words: string }> {
  override get message(): string {
    return this.words;
  }
}

/**
 * A babeld of this machine, watched and never told anything: the agent chooses among the routes that
 * it knows to be free of loops.
 */
export class Babel extends Context.Service<
  Babel,
  {
    /** What it knows now. Cheap: nothing is asked. */
    readonly view: () => BabelView;
    /** Waits until the view differs from that of this change number. */
    readonly changed: (change: number) => Effect.Effect<void>;
  }
>()("meshtoll/adapters/babel/Babel") {}

/** The most routes that are kept of one babeld: ten thousand destinations by four neighbours each. */
export const routeLimit = 40_000;

/** The most neighbours, interfaces and own prefixes. */
export const neighbourLimit = 1000;

/** Nothing is known. */
export const emptyView: BabelView = {
  state: "off",
  why: undefined,
  version: undefined,
  interfaces: new Map(),
  neighbours: [],
  routes: new Map(),
  own: [],
  verified: false,
  refused: 0,
  change: 0,
};
