import * as Effect from "effect/Effect";
import { type CounterReading, generationOf } from "#adapters/counters/counters.ts";
import type { Allowance } from "#adapters/queueing/queueing.ts";
import type { AgentPorts } from "./ports.ts";

/** How far the core lets a raw counter go: what we send (Quota), what we take as paid (Gate). */
export interface KernelLimit {
  readonly kind: "Quota" | "Gate";
  readonly interfaceName: string;
  /** Of the counter that the limit is for: with another one the limit means nothing. */
  readonly generation: string;
  readonly limit: bigint;
}

/** The limits that the kernel should keep, and those that it does keep. */
export interface KernelLimits {
  /** Remembers a limit; the next {@link KernelLimits.arm} hands it on. */
  readonly want: (limit: KernelLimit) => void;
  /** Hands to the kernel whatever is due. @param looked the readings of a look, if this is one. */
  readonly arm: (looked: readonly CounterReading[] | undefined) => Effect.Effect<void>;
  /** The kernel has none of them any more: the next {@link KernelLimits.arm} hands all on. */
  readonly forget: () => void;
  /** Lets nothing more pass on paid interfaces until a limit is handed on again. */
  readonly close: (interfaces: readonly string[]) => Effect.Effect<void>;
  /** Lets nothing pass on these, whatever is wanted, until they are admitted again. */
  readonly bar: (interfaces: readonly string[]) => Effect.Effect<void>;
  readonly admit: (interfaces: readonly string[]) => void;
  /** Forgets what was wanted on any interface but these. */
  readonly keep: (interfaces: readonly string[]) => void;
  /** Queues were attached anew, perhaps closed: the next {@link KernelLimits.arm} hands on all limits. */
  readonly rearm: () => void;
  /** Closes for good: no later {@link KernelLimits.arm} opens again. */
  readonly retire: (interfaces: readonly string[]) => Effect.Effect<void>;
}

/**
 * The kernel counts inner bytes, at most 2.35 for each byte on the wire, and may be given four
 * fifths of a limit. So a sixth of an allowance, moved on the wire, uses up at most half of it.
 */
const moved = 6n;

/** Every so many looks limits are armed again even where nothing moved: queues may have dropped. */
export const rearmLooks = 8;

/** What a limit was made of when the kernel last took it. */
interface Armed {
  readonly generation: string;
  readonly limit: bigint;
  readonly counter: bigint;
}

/** Limits of one agent. Not for two fibers at once: arming reads, then sets. */
export function kernelLimits(ports: AgentPorts): KernelLimits {
  const { counters, queueing } = ports;
  const wanted = new Map<string, KernelLimit>();
  const armed = new Map<string, Armed>();
  const barred = new Set<string>();
  let looks = 0;
  let retired = false;

  const due = (looked: readonly CounterReading[] | undefined): readonly KernelLimit[] =>
    [...wanted].flatMap(([key, limit]) => {
      if (barred.has(limit.interfaceName)) return [];
      const again = looked !== undefined && looks % rearmLooks === 0;
      const found = looked?.find((one) => one.interfaceName === limit.interfaceName);
      return isDue(limit, armed.get(key), found, again) ? [limit] : [];
    });

  const set = Effect.fnUntraced(function* (limits: readonly KernelLimit[]) {
    // What quotas have counted is read before the counters: bytes between are counted twice.
    const before = yield* queueing.usage;
    const readings = yield* counters.read([...new Set(limits.map((one) => one.interfaceName))]);
    const usable = limits.flatMap((limit) => {
      const reading = readings.find((one) => one.interfaceName === limit.interfaceName);
      if (reading === undefined) return [];
      if (generationOf(counters.bootId, reading) !== limit.generation) return [];
      return [{ limit, counter: counterOf(limit, reading) }];
    });
    const allowances = (kind: KernelLimit["kind"]): readonly Allowance[] =>
      usable
        .filter(({ limit }) => limit.kind === kind)
        .map(({ limit: { interfaceName, limit }, counter }) => ({ interfaceName, limit, counter }));
    if (usable.length === 0) return;
    yield* queueing.setLimits(before, allowances("Quota"), allowances("Gate"));
    for (const { limit, counter } of usable) {
      armed.set(keyOf(limit), { generation: limit.generation, limit: limit.limit, counter });
    }
  });

  const close = Effect.fnUntraced(
    function* (interfaces: readonly string[]) {
      if (interfaces.length === 0) return;
      for (const [key, limit] of wanted) {
        if (interfaces.includes(limit.interfaceName)) armed.delete(key);
      }
      const before = yield* queueing.usage;
      const closed = interfaces.map((name) => ({ interfaceName: name, limit: 0n, counter: 0n }));
      yield* queueing.setLimits(before, closed, []);
    },
    Effect.catch((error) => Effect.logError(error.words)),
  );

  return {
    want: (limit) => void wanted.set(keyOf(limit), limit),
    arm: (looked) =>
      Effect.suspend(() => {
        if (looked !== undefined) looks += 1;
        const limits = retired ? [] : due(looked);
        if (limits.length === 0) return Effect.void;
        return set(limits).pipe(Effect.catch((error) => Effect.logError(error.words)));
      }),
    forget: () => armed.clear(),
    close,
    bar: (interfaces) => {
      for (const name of interfaces) barred.add(name);
      return close(interfaces);
    },
    admit: (interfaces) => {
      for (const name of interfaces) barred.delete(name);
    },
    keep: (interfaces) => {
      for (const [key, { interfaceName }] of wanted) {
        if (!interfaces.includes(interfaceName)) wanted.delete(key);
      }
    },
    rearm: () => armed.clear(),
    retire: (interfaces) =>
      Effect.suspend(() => {
        retired = true;
        return close(interfaces);
      }),
  };
}

function keyOf({ kind, interfaceName }: KernelLimit): string {
  return `${kind} ${interfaceName}`;
}

function counterOf({ kind }: KernelLimit, reading: CounterReading): bigint {
  return kind === "Quota" ? reading.sent : reading.received;
}

/** New or changed; or enough has moved since; or it is time to arm again anyway. */
function isDue(
  limit: KernelLimit,
  armed: Armed | undefined,
  found: CounterReading | undefined,
  again: boolean,
): boolean {
  if (armed?.limit !== limit.limit || armed.generation !== limit.generation) return true;
  if (found === undefined) return false;
  const counter = counterOf(limit, found);
  const progress = counter - armed.counter;
  if (progress > 0n && progress * moved >= armed.limit - armed.counter) return true;
  return again && counter < armed.limit;
}
