import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import { leakName } from "#adapters/queueing/nft-giving.ts";
import type { LeakRoom, Queueing } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { leakRoom } from "#core/enforcement/free-tier.ts";
import { reach } from "#core/schedule/schedule.ts";
import { type DefenceMemory, noStore, openDefenceMemory } from "./defence-memory.ts";

/** Sets how much is given away where that costs us something. */
export interface LeakKeeper {
  readonly look: Effect.Effect<void>;
}

/** How often it is set anew, in milliseconds: what is paid for opens more. */
export const leakInterval = 2000;

/**
 * Keeps the quotas of what is given away at what neighbours have paid for, for as long as its scope
 * lasts. A table that was made anew gives nothing away until the next look. Over restarts it goes on with
 * what is remembered; where that is lost it counts from the beginning of the run.
 * @param kept what earlier runs gave away; nothing remembers for this run alone.
 */
export const startLeakKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  queueing: Queueing["Service"],
  interval = leakInterval,
  kept?: DefenceMemory,
) {
  const memory = kept ?? (yield* openDefenceMemory(agent, noStore));
  const given = new Map<string, Given>();
  let set = "";
  const look = Effect.gen(function* () {
    const usage = yield* queueing.usage;
    const tallies = yield* queueing.tally;
    const { leak } = agent.config();
    const rooms = agent.blueprint().neighbours.flatMap(({ config, interfaces, queue }) => {
      const tally = tallies.get(interfaces[0] ?? "");
      if (queue.metered === undefined || tally === undefined) return [];
      const paid = paidBytes(agent, config.id);
      const remembered = memory.of(config.id);
      const first = remembered.paidBefore ?? paid;
      const neighbour = interfaces[0] ?? "";
      const known = given.get(config.id) ?? { before: remembered.leaked, last: 0n };
      const sum = givenSince(known, tally.leaked);
      given.set(config.id, sum);
      const leaked = sum.before + sum.last;
      memory.note(config.id, { leaked, paidBefore: first });
      const room: LeakRoom = { neighbour, bytes: leakRoom(leak, paid - first, leaked) };
      return [room];
    });
    yield* memory.save;
    const text = rooms.map(({ neighbour, bytes }) => `${neighbour} ${bytes}`).join(" ");
    const closed = rooms.some(({ neighbour }) => usage.get(leakName(neighbour))?.limit === 1n);
    if (rooms.length === 0 || (text === set && !closed)) return;
    yield* queueing.setLeaks(usage, rooms);
    set = text;
  }).pipe(Effect.catch((error) => Effect.logWarning(`free tier: ${error.words}`)));
  if (agent.config().metered.length > 0) {
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval)));
  }
  const keeper: LeakKeeper = { look };
  return keeper;
});

/** What was given away, in counters that begin anew with their table. */
interface Given {
  readonly before: bigint;
  readonly last: bigint;
}

function givenSince({ before, last }: Given, counter: bigint): Given {
  return counter < last ? { before: before + last, last: counter } : { before, last: counter };
}

/** Bytes that a neighbour has paid for, on all classes: by its own vouchers, and so beyond doubt. */
function paidBytes(agent: Agent, id: string): bigint {
  const found = agent.node().ledger.neighbours.find((one) => one.id === id);
  return (found?.inbound ?? []).reduce(
    (sum, { schedule, credited }) =>
      sum + (credited < schedule.startDue ? 0n : reach(schedule, credited)),
    0n as bigint,
  );
}
