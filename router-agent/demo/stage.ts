import type { Request } from "#agent/agent/control-socket.ts";
import type { statusOf } from "#agent/agent/request.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { DemoChain } from "./demo-chain.ts";

/** The routers of the line, in order; an "internet" lies behind the last. */
export const routerNames = ["a", "b", "c"] as const;
/** A router of the line. */
export type RouterName = (typeof routerNames)[number];

/** What `status` says of a router, after its way through JSON: amounts are decimal texts. */
export type RouterStatus = Texts<ReturnType<typeof statusOf>>;

/** The same shape with every bigint as text. */
export type Texts<T> = T extends bigint | string
  ? string
  : T extends readonly (infer A)[]
    ? readonly Texts<A>[]
    : T extends object
      ? { readonly [K in keyof T]: Texts<T[K]> }
      : T;

/** The kernel's own counters of one direction of one tunnel, in bytes since the tunnel was made. */
export interface TunnelCounter {
  readonly from: RouterName;
  readonly to: RouterName;
  readonly class: number;
  readonly sent: bigint;
  readonly received: bigint;
}

/** What became of a file that was sent by TCP through the whole line. */
export interface Transfer {
  readonly bytes: number;
  /** The receiver's digest is the sender's. */
  readonly intact: boolean;
  readonly milliseconds: number;
}

/** Where the story is played: on the real kernel, or in memory. Every wait ends with the curtain. */
export interface Stage {
  readonly mode: "kernel" | "memory";
  /** The chain on which channels lie; nothing where they are what the configuration says. */
  readonly chain: DemoChain | undefined;
  /** What the newcomer should know about this mode. */
  readonly note: string;
  readonly status: (router: RouterName) => Promise<RouterStatus | undefined>;
  readonly ask: (router: RouterName, request: Request) => Promise<unknown>;
  /** Lets time pass. Rejects when the curtain falls. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Milliseconds of the story since some fixed moment. */
  readonly now: () => number;
  readonly startTraffic: () => Promise<void>;
  readonly stopTraffic: () => Promise<void>;
  /** The TCP transfer, once it is through; nothing before, and nothing where there is no TCP. */
  readonly transfer: () => Promise<Transfer | undefined>;
  /** Ends the agent of a router as a power cut would, without a word; then starts it again. */
  readonly kill: (router: RouterName) => Promise<void>;
  readonly restart: (router: RouterName) => Promise<void>;
  /** Deletes the paid tunnel of b towards c, counters and all; the agent must make it anew. */
  readonly deleteTunnel: () => Promise<void>;
  /** The operator of a switches its own quota off (true), or on again. */
  readonly cheat: (cheating: boolean) => Promise<void>;
  /** What the kernel counted, asked without the agents. */
  readonly counters: () => Promise<readonly TunnelCounter[]>;
  /** Ends all agents politely, leaving the tunnels and their counters as they are. */
  readonly dismiss: () => Promise<void>;
  /** The journals of agents that have ended. */
  readonly journals: () => Promise<Readonly<Record<RouterName, readonly LedgerEvent[]>>>;
  /** Copies the journals of agents that have ended, each into a directory of its router's name. */
  readonly keepJournals: (directory: string) => Promise<void>;
  /** Removes everything it made. */
  readonly close: () => Promise<void>;
}

/** The tunnels of the line, each direction: free and paid. */
export const tunnels: readonly Pick<TunnelCounter, "from" | "to" | "class">[] = (
  [
    ["a", "b"],
    ["b", "a"],
    ["b", "c"],
    ["c", "b"],
  ] as const
).flatMap(([from, to]) => [0, 1].map((priceClass) => ({ from, to, class: priceClass })));
