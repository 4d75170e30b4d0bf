import type { Tariff } from "#core/peer/tariff.ts";
import { type TariffRefusal, takeTariff } from "#core/peer/tariff-reader.ts";
import {
  afterFailure,
  afterOthers,
  afterService,
  type Backoff,
  noBackoff,
} from "#core/quality/backoff.ts";
import {
  believed,
  type Evidence,
  type Factor,
  factorOf,
  faded,
  foundValue,
  lossMeasure,
  noEvidence,
  withFinding,
} from "#core/quality/evidence.ts";
import {
  lossBeyond,
  noStatements,
  type StatedSample,
  type StatementWindow,
  type SureLoss,
  withStated,
} from "#core/quality/statement-window.ts";
import type { NodeId } from "#core/units/node-id.ts";

/** What a client remembers of one exit while its agent runs. */
export interface ExitRecord {
  readonly tariff: () => Tariff | undefined;
  /** Takes a tariff in; tells why it is not taken. */
  readonly take: (bytes: Uint8Array) => TariffRefusal | undefined;
  /** How often each reason was given. */
  readonly refused: () => Readonly<Partial<Record<TariffRefusal, number>>>;
  /** Bytes of the delivery that came so far, as this run reads them; tells how many are new. */
  readonly see: (received: bigint) => bigint;
  /** What it had sent between two readings of ours. @param share of loss put up with, in ppm. */
  readonly judge: (sample: StatedSample, share: bigint) => void;
  /** What it bills, beside what had arrived by a reading after that. @param band what is accepted. */
  readonly audit: (claim: Claim, band: Band) => void;
  /** Other exits carried so many bytes. */
  readonly others: (bytes: bigint) => void;
  readonly state: () => ExitState;
}

/** What an exit states to have delivered, and what had arrived when it was known: counters, in bytes. */
export interface Claim {
  readonly stated: bigint;
  readonly received: bigint;
}

/** What of a claim is put up with: a share of what arrived in ppm, and bytes. */
export interface Band {
  readonly share: bigint;
  readonly bytes: bigint;
}

/** What is held for and against an exit. Losses are in parts per million. */
export interface ExitState {
  readonly backoff: Backoff;
  /** How often it was left for what it lost or made up, and what was sure the last time. */
  readonly failures: number;
  readonly failure: SureLoss | undefined;
  /** How much worse than its tariff it is taken to be, and the loss that is believed of it. */
  readonly rank: Factor;
  readonly loss: bigint;
  /** The loss that is sure; nothing before there was enough to tell. */
  readonly measured: bigint | undefined;
  /** Bytes that arrived in this run. */
  readonly received: bigint;
}

/** A loss is worked out over at least so many bytes, and eight times what readings leave open. */
const leastStep = 1_048_576n;
const openShare = 8n;

const million = 1_000_000n;

/** An exit of which nothing is known. */
export function exitRecord(exit: NodeId): ExitRecord {
  let claimed: Claim | undefined;
  let tariff: Tariff | undefined;
  let window: StatementWindow = noStatements;
  let anchor: StatedSample | undefined;
  let evidence: Evidence = noEvidence;
  let backoff = noBackoff;
  let failures = 0;
  let failure: SureLoss | undefined;
  let last: bigint | undefined;
  let received = 0n;
  const refused: Partial<Record<TariffRefusal, number>> = {};

  /** Whatever was measured before says nothing about what comes now. */
  const beginAnew = (): void => {
    [window, anchor, evidence] = [noStatements, undefined, noEvidence];
  };
  const fail = (why: SureLoss): void => {
    backoff = afterFailure(backoff);
    failures += 1;
    failure = why;
    claimed = undefined; // what it billed until now is dealt with
  };
  const weigh = (sample: StatedSample): void => {
    const from = anchor ?? sample;
    anchor ??= sample;
    const sent = sample.sent - from.sent;
    const unclear = openShare * (sample.atMost - sample.atLeast);
    if (sent < leastStep || sent < unclear) return;
    const lost = sent - (sample.atMost - from.atLeast);
    const ppm = lost > 0n ? (lost * million) / sent : 0n;
    evidence = withFinding(evidence, lossMeasure, sent, ppm, tariff?.loss ?? 0n);
    anchor = sample;
  };
  return {
    tariff: () => tariff,
    take: (bytes) => {
      const found = takeTariff(bytes, exit, tariff);
      if (typeof found !== "string") {
        tariff = found;
        return undefined;
      }
      refused[found] = (refused[found] ?? 0) + 1;
      return found;
    },
    refused: () => refused,
    see: (position) => {
      const came = last === undefined || position < last ? 0n : position - last;
      last = position;
      received += came;
      backoff = afterService(backoff, came);
      return came;
    },
    judge: (sample, share) => {
      if (backoff.rest > 0n) return;
      window = withStated(window, sample);
      weigh(sample);
      const beyond = lossBeyond(window, share);
      if (beyond !== undefined) fail(beyond);
    },
    audit: (claim, { share, bytes }) => {
      const began = claimed !== undefined && claim.received >= claimed.received;
      if (!began || backoff.rest > 0n) claimed = claim;
      if (claimed === undefined || !began || backoff.rest > 0n) return;
      const stated = claim.stated - claimed.stated;
      const arrived = claim.received - claimed.received;
      if (stated <= arrived + (arrived * share) / million + bytes) return;
      fail({ sent: stated, lost: stated - arrived });
    },
    others: (bytes) => {
      const rested = backoff.rest > 0n;
      backoff = afterOthers(backoff, bytes);
      evidence = faded(evidence, bytes);
      if (rested && backoff.rest === 0n) beginAnew();
    },
    state: () => {
      const rank = factorOf(evidence, lossMeasure);
      const loss = believed(tariff?.loss ?? 0n, rank, lossMeasure);
      return { backoff, failures, failure, rank, loss, measured: foundValue(evidence), received };
    },
  };
}
