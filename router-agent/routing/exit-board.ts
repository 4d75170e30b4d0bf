import type { QueueRoute } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import type { NeighbourBlueprint } from "#agent/agent/blueprint.ts";
import type { Config } from "#agent/config/config.ts";
import { deliveryClass } from "#core/account/delivery.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import type { LiveNeighbour } from "#core/node/live.ts";
import { tariffPrice } from "#core/peer/tariff.ts";
import type { StatedSample } from "#core/quality/statement-window.ts";
import { attenuationOf } from "#core/route/attenuation.ts";
import {
  afterLeases,
  believedPrice,
  newBelief,
  type PriceBelief,
} from "#core/route/believed-price.ts";
import { type ExitCandidate, type ExitChoice, exitChoice } from "#core/route/exit-choice.ts";
import { lastPrice } from "#core/schedule/schedule.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type ExitFacts, exitFacts } from "./exit-facts.ts";
import { type Band, type ExitRecord, exitRecord } from "./exit-record.ts";
import type { LinkProbe } from "./link-probe.ts";

/** The exits of a client: what is known of each, and which one is taken. */
export interface ExitBoard {
  /** Takes a tariff in. */
  readonly take: (exit: NodeId, tariff: Uint8Array) => void;
  /**
   * Looks at what came of each exit. Tells of those that stated something new: what had arrived has to
   * be read now, after the statement.
   */
  readonly look: () => readonly Wanting[];
  /** The reading that was asked for. */
  readonly audit: (wanting: Wanting, received: bigint) => void;
  /** Chooses anew: destinations by the exit that is taken; none where none may be. */
  readonly choose: () => readonly QueueRoute[];
  readonly answer: () => readonly ExitFacts[];
}

/** A statement of an exit that waits for a reading of our own. */
export interface Wanting {
  readonly drawn: NeighbourBlueprint;
  /** The tunnel that carries the delivery. */
  readonly interfaceName: string;
  readonly stated: bigint;
  /** U of the exit: what it has sent and not stated yet, at a moment of rest. */
  readonly chunk: bigint;
}

/** An exit of ours as the ledger and the running node have it. */
interface Known {
  readonly drawn: NeighbourBlueprint;
  readonly ledger: NeighbourLedger;
  readonly live: LiveNeighbour;
}

/** A board on which nothing is known. @param probeOf what is measured of the tunnel to an exit. */
export function exitBoard(agent: Agent, probeOf: (id: NodeId) => LinkProbe): ExitBoard {
  const records = new Map<NodeId, ExitRecord>();
  const beliefs = new Map<NodeId, PriceBelief>();
  /** The answer to a probe that was looked at last, and the last statement. */
  const judged = new Map<NodeId, StatedSample>();
  const known = new Map<NodeId, bigint>();
  let taken: NodeId | undefined;
  let choice: ExitChoice = { taken: undefined, judged: [] };
  let candidates: readonly ExitCandidate[] = [];

  const recordOf = (id: NodeId): ExitRecord => {
    const found = records.get(id) ?? exitRecord(id);
    records.set(id, found);
    return found;
  };
  /** Takes in what was measured of an exit since the last look. */
  const see = ({ drawn, ledger, live }: Known) => {
    const { id } = drawn.config;
    const sample = probeOf(id).stated();
    if (sample !== undefined && sample !== judged.get(id)) {
      judged.set(id, sample);
      recordOf(id).judge(sample, bandOf(agent.config()).share);
    }
    const { received, stated } = countedBy({ drawn, ledger, live });
    const isNew = stated !== known.get(id);
    known.set(id, stated);
    return { id, drawn, stated, isNew, chunk: chunkOf(live), came: recordOf(id).see(received) };
  };
  return {
    take: (exit, tariff) => {
      const isExit = exitsOf(agent).some(({ drawn }) => drawn.config.id === exit);
      if (isExit) recordOf(exit).take(tariff);
    },
    look: () => {
      const seen = exitsOf(agent).map(see);
      const ids = new Set(seen.map(({ id }) => id));
      for (const id of records.keys()) if (!ids.has(id)) records.delete(id);
      const all = seen.reduce((sum, { came }) => sum + came, 0n);
      for (const { id, came } of seen) recordOf(id).others(all - came);
      return seen.flatMap(({ drawn, stated, isNew, chunk }): readonly Wanting[] => {
        const interfaceName = drawn.interfaces[drawn.config.delivery?.carrier ?? 0];
        if (!isNew || interfaceName === undefined) return [];
        return [{ drawn, interfaceName, stated, chunk }];
      });
    },
    audit: ({ drawn, stated, chunk }, received) => {
      const { share, bytes } = bandOf(agent.config());
      const band = { share, bytes: bytes + 2n * chunk };
      recordOf(drawn.config.id).audit({ stated, received }, band);
    },
    choose: () => {
      const exits = exitsOf(agent);
      candidates = exits.map((known) => {
        const { id } = known.drawn.config;
        return candidateOf(agent.config(), known, recordOf(id), beliefs, probeOf(id));
      });
      choice = exitChoice(candidates, taken, agent.config().routing.preference);
      const hop = choice.taken === undefined ? taken : candidates[choice.taken]?.hop;
      // Where nobody answers the old one stays: an exit whose agent begins anew goes on forwarding.
      const found = exits.find(({ drawn }) => drawn.config.id === hop);
      taken = found?.drawn.config.id;
      return found === undefined ? [] : exitRoutes(agent.config(), found);
    },
    answer: () =>
      exitsOf(agent).map((known, i) => {
        const { config } = known.drawn;
        const judged = candidates[i]?.hop === config.id ? choice.judged[i] : undefined;
        return exitFacts({
          config,
          record: recordOf(config.id),
          candidate: candidates[i],
          judged,
          taken: config.id === taken,
          counted: countedBy(known),
        });
      }),
  };
}

/** Neighbours of which we are the client; those that are it by a policy alone while one names them. */
function exitsOf(agent: Agent): readonly Known[] {
  const { ledger, live } = agent.node();
  return agent.blueprint().neighbours.flatMap((drawn): readonly Known[] => {
    if (drawn.config.delivery?.role !== "client") return [];
    const { exits = [] } = agent.config().discovery;
    if (drawn.config.exitByPolicy && !exits.includes(drawn.config.id)) return [];
    const index = ledger.neighbours.findIndex(({ id }) => id === drawn.config.id);
    const [account, now] = [ledger.neighbours[index], live[index]];
    return account === undefined || now === undefined
      ? []
      : [{ drawn, ledger: account, live: now }];
  });
}

/** The delivery as both ends count it: what arrived here, and what the exit has stated. */
function countedBy({ ledger, live }: Known) {
  const path = live.paths[(deliveryClass(ledger) ?? 0) - 1];
  return { received: path?.sent ?? 0n, stated: path?.theirSent ?? 0n };
}

/** What a client accepts to have been lost, by its own configuration. */
function bandOf({ terms }: Config): Band {
  return terms.tolerance ?? { share: 0n, bytes: 0n };
}

/** U as the exit told it. */
function chunkOf({ hello }: LiveNeighbour): bigint {
  return hello?.terms.readChunk ?? 0n;
}

function exitRoutes({ exits }: Config, { drawn }: Known): readonly QueueRoute[] {
  const { queue, config } = drawn;
  const carrier = config.delivery?.carrier ?? 1;
  return exits.routes.map((prefix) => ({ prefix, index: queue.index, class: carrier }));
}

/** An exit as it is compared with others. */
function candidateOf(
  config: Config,
  known: Known,
  record: ExitRecord,
  beliefs: Map<NodeId, PriceBelief>,
  probe: LinkProbe,
): ExitCandidate {
  const price = priceOf(known, record, beliefs);
  const { backoff, loss } = record.state();
  const delay = probe.measured().delay ?? 0n;
  return {
    hop: known.drawn.config.id,
    alive: probe.answered() && probe.alive(process.hrtime.bigint() / 1000n),
    cap: capOf(config, known),
    rest: backoff.rest,
    vector: price === undefined ? undefined : { price, attenuation: attenuationOf(loss), delay },
  };
}

/** By the tariff, or by a lease that is dearer; nothing without a tariff for the class that carries it. */
function priceOf(
  { drawn: { config }, ledger }: Known,
  record: ExitRecord,
  beliefs: Map<NodeId, PriceBelief>,
): bigint | undefined {
  const tariff = record.tariff();
  const asked =
    tariff === undefined || config.delivery === undefined
      ? undefined
      : tariffPrice(tariff, config.delivery.carrier);
  const schedule = ledger.outbound.at(-1)?.schedule;
  if (asked === undefined || schedule === undefined) return asked;
  const before = beliefs.get(config.id) ?? newBelief(schedule.leases);
  const belief = afterLeases(before, schedule.leases, lastPrice(schedule), asked);
  beliefs.set(config.id, belief);
  return believedPrice(belief, asked);
}

function capOf({ routing }: Config, { drawn: { config } }: Known): bigint {
  const { maxPrice } = routing;
  return maxPrice !== undefined && maxPrice < config.maxPrice ? maxPrice : config.maxPrice;
}
