import * as Effect from "effect/Effect";
import { type CommandError, run } from "#adapters/command/command.ts";
import type { PoolWay } from "./free-pool.ts";
import type { LeafKind } from "./htb.ts";
import { QueueingError } from "./queueing.ts";
import { matchWords } from "./tc-lines.ts";

/** What this kernel can do for queues, as far as it may be missing. */
export interface KernelSupport {
  /** The best leaf queue. */
  readonly leaf: LeafKind;
}

/** An interface that is there for a moment: of the first kind that the kernel has. */
const probeKinds = [
  ["type", "dummy"],
  ["type", "ifb"],
  ["type", "veth", "peer", "name", "mtprobe1"],
] as const;
const probeName = "mtprobe0";
const poolProbeName = "mtprobe2";
const probeTable = "meshtoll_probe";

const leafKinds = ["fq_codel", "sfq"] as const satisfies readonly LeafKind[];

/** What queues at an edge, best first. */
export type EdgeKind = "cake" | "fq_codel" | "sfq";

const edgeKinds = ["cake", "fq_codel", "sfq"] as const satisfies readonly EdgeKind[];

/**
 * Tries what is needed on an interface of its own, which is gone afterwards.
 * @returns what there is; fails with what to install where something that must be there is not.
 */
export const probeSupport: Effect.Effect<KernelSupport, QueueingError> = Effect.gen(function* () {
  yield* probeTables;
  return yield* Effect.acquireUseRelease(
    makeProbe,
    () =>
      Effect.gen(function* () {
        const htb = ["root", "handle", "1:", "htb"];
        yield* qdisc(...htb).pipe(Effect.mapError((error) => lacking("HTB", "sch_htb", error)));
        for (const leaf of leafKinds) {
          const found = yield* Effect.result(qdisc("root", leaf));
          if (found._tag === "Success") return { leaf };
        }
        return { leaf: "bfifo" as const };
      }),
    () => Effect.ignore(run("ip", ["link", "delete", "dev", probeName])),
  );
});

/** What a pool can be made of, and why it is not more. */
export interface PoolSupport {
  readonly way: PoolWay;
  readonly words: string | undefined;
}

/** What can look at marks. u32 is none: a kernel without CLS_U32_MARK takes it and matches everything. */
const classifiers = ["fw", "bpf"] as const satisfies readonly PoolWay[];

/** Tries to redirect what has a mark to an ifb, on interfaces of its own. */
export const probePool: Effect.Effect<PoolSupport, QueueingError> = Effect.acquireUseRelease(
  Effect.suspend(() => makeProbe),
  () =>
    Effect.gen(function* () {
      const device = ["link", "add", "name", poolProbeName, "up", "type", "ifb"];
      const made = yield* Effect.result(run("ip", device));
      if (made._tag === "Failure") return { way: "limited", words: made.failure.words } as const;
      let last = "";
      for (const way of classifiers) {
        const found = yield* Effect.result(run("tc", ["-batch", "-"], redirection(way)));
        if (found._tag === "Success") return { way, words: undefined } as const;
        last = found.failure.words;
      }
      return { way: "limited", words: last } as const;
    }),
  () => removeProbes([probeName, poolProbeName]),
);

function redirection(way: (typeof classifiers)[number]): string {
  const outcome = `action mirred egress redirect dev ${poolProbeName}`;
  return [
    `qdisc replace dev ${probeName} clsact`,
    `filter add dev ${probeName} egress pref 1 protocol all ${matchWords(way, "1")} ${outcome}`,
    "",
  ].join("\n");
}

/** The best queue for an interface on which flows can be told apart; nothing where there is none. */
export const probeEdge: Effect.Effect<EdgeKind | undefined, QueueingError> =
  Effect.acquireUseRelease(
    Effect.suspend(() => makeProbe),
    () =>
      Effect.gen(function* () {
        for (const kind of edgeKinds) {
          const found = yield* Effect.result(qdisc("root", kind));
          if (found._tag === "Success") return kind;
        }
        return undefined;
      }),
    () => Effect.ignore(run("ip", ["link", "delete", "dev", probeName])),
  );

const removeProbes = (names: readonly string[]) =>
  Effect.forEach(names, (name) => Effect.ignore(run("ip", ["link", "delete", "dev", name])), {
    discard: true,
  });

/** The rest of a run that was killed here goes first. */
const makeProbe = Effect.gen(function* () {
  yield* removeProbes([probeName, poolProbeName]);
  let last: CommandError | undefined;
  for (const kind of probeKinds) {
    const made = yield* Effect.result(run("ip", ["link", "add", probeName, ...kind]));
    if (made._tag === "Success") return;
    last = made.failure;
    if (last.problem === "missing" || isForbidden(last)) break;
  }
  return yield* last === undefined ? Effect.void : refusal(last);
});

const qdisc = (...words: readonly string[]) =>
  run("tc", ["qdisc", "replace", "dev", probeName, ...words]);

/** A table with a quota and a limit, checked by the kernel and not kept. */
const probeTables = run(
  "nft",
  ["-f", "-"],
  [
    `add table inet ${probeTable}`,
    `add quota inet ${probeTable} q { over 1 bytes }`,
    `add limit inet ${probeTable} l { rate over 1000 bytes/second burst 16384 bytes }`,
    `delete table inet ${probeTable}`,
    "",
  ].join("\n"),
).pipe(Effect.mapError((error) => lacking("nftables with quotas and limits", "nft_quota", error)));

function isForbidden({ words }: CommandError): boolean {
  return /not permitted/i.test(words);
}

function refusal(error: CommandError): QueueingError {
  return isForbidden(error)
    ? new QueueingError({
        words: `queues and tunnels take CAP_NET_ADMIN, which this process lacks: ${error.words}`,
      })
    : new QueueingError({ words: error.words });
}

/** Packages by OpenWrt's names: Debian's kernel has all of it. */
const kernelPackages: Readonly<Record<string, string>> = {
  sch_htb: "kmod-sched-core",
  nft_quota: "kmod-nft-core",
};

function lacking(what: string, module: string, error: CommandError): QueueingError {
  if (error.problem === "missing" || isForbidden(error)) return refusal(error);
  const words = `this kernel has no ${what} (module ${module}; OpenWrt: ${kernelPackages[module]}): ${error.words}`;
  return new QueueingError({ words });
}
