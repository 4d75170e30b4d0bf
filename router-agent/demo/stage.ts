import type { Request } from "#agent/agent/control-socket.ts";
import type { statusOf } from "#agent/agent/request.ts";
import type { LedgerEvent } from "#core/journal/event.ts";

/** The routers of the line, in order; an "internet" lies behind the last. */
export const routerNames = ["a", "b", "c"] as const;
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

/** Where the story is played: on the real kernel, or in memory. */
export interface Stage {
  readonly mode: "kernel" | "memory";
  /** What the newcomer should know about this mode. */
  readonly note: string;
  readonly status: (router: RouterName) => Promise<RouterStatus | undefined>;
  readonly ask: (router: RouterName, request: Request) => Promise<unknown>;
  /** Lets time, or rounds, pass. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly startTraffic: () => Promise<void>;
  readonly stopTraffic: () => Promise<void>;
  /** Ends the agent of a router as a power cut would, without a word; then starts it again. */
  readonly kill: (router: RouterName) => Promise<void>;
  readonly restart: (router: RouterName) => Promise<void>;
  /** Deletes the paid tunnel of b towards c, counters and all; the agent must make it anew. */
  readonly deleteTunnel: () => Promise<void>;
  /** The operator of a switches its own quota off (true), or on again. */
  readonly cheat: (cheating: boolean) => Promise<void>;
  /** The raw counters of the tunnel from a to b, as the kernel says without the agent. */
  readonly rawCounters: () => Promise<{ readonly sent: bigint; readonly received: bigint }>;
  /** Ends all agents politely, and reads their journals. */
  readonly finish: () => Promise<Readonly<Record<RouterName, readonly LedgerEvent[]>>>;
  /** Removes everything it made. */
  readonly close: () => Promise<void>;
}
