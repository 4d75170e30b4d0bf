import type { NeighbourConfig } from "#agent/config/config.ts";
import { neutral } from "#core/quality/evidence.ts";
import { lossPpmOf } from "#core/route/attenuation.ts";
import type { ExitCandidate, ExitChoice, ExitVerdict } from "#core/route/exit-choice.ts";
import { oneDoubling } from "#core/route/logarithm.ts";
import type { ExitRecord } from "./exit-record.ts";

/** One exit of ours, as `exits` tells it: amounts are texts, loss in ppm, delay in microseconds. */
export interface ExitFacts {
  readonly exit: string;
  readonly id: string;
  readonly taken: boolean;
  readonly why: string;
  /** Of the newest tariff; nothing where there is none. */
  readonly tariff: { readonly number: string; readonly loss: string } | undefined;
  /** Grains a byte to choose by: the tariff's, or that of a lease that is dearer. */
  readonly price: string | undefined;
  /** Believed, and measured by signed counters so far as it is beyond doubt. */
  readonly loss: string | undefined;
  readonly measuredLoss: string | undefined;
  readonly delay: string | undefined;
  /** How many times worse than its tariff it is taken to be, in thousandths: 1000 is as promised. */
  readonly rank: string;
  /** Bytes that other exits have yet to carry before it is tried again, and failures remembered. */
  readonly rest: string;
  readonly strikes: string;
  /** How often it was left in this run, and the loss that was sure the last time, in bytes. */
  readonly failures: number;
  readonly failure: { readonly sent: string; readonly lost: string } | undefined;
  /** Bytes of the delivery account, ever: as the exit stated them last, and as they arrived. */
  readonly stated: string;
  readonly received: string;
  readonly score: string | undefined;
  /** Tariffs that were not taken, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

const words: Readonly<Record<ExitVerdict, string>> = {
  best: "the best of those that may be taken",
  kept: "taken before, and none is better by the margin",
  "not better by the margin": "better, but not by the margin",
  worse: "worse",
  silent: "it does not answer",
  "no offer": "it has told no tariff",
  "beyond the price cap": "it asks more than may be paid",
  resting: "it lost more than is put up with, and rests",
  "taken for want of another": "it rests, but there is no other",
};

/** What is known of one exit, for people and programs. */
export function exitFacts({
  config,
  record,
  candidate,
  judged,
  taken,
  counted,
}: {
  readonly config: NeighbourConfig;
  readonly record: ExitRecord;
  readonly candidate: ExitCandidate | undefined;
  readonly judged: ExitChoice["judged"][number] | undefined;
  readonly taken: boolean;
  readonly counted: { readonly stated: bigint; readonly received: bigint };
}): ExitFacts {
  const { backoff, failures, failure, rank, measured } = record.state();
  const tariff = record.tariff();
  const vector = candidate?.vector;
  return {
    exit: config.name,
    id: config.id,
    taken,
    why: judged === undefined ? "not looked at yet" : words[judged.verdict],
    tariff: tariff && { number: `${tariff.number}`, loss: `${tariff.loss}` },
    price: vector?.price.toString(),
    loss: vector && lossPpmOf(vector.attenuation).toString(),
    measuredLoss: measured?.toString(),
    delay: vector?.delay.toString(),
    rank: `${(rank * 1000n) / neutral}`,
    rest: `${backoff.rest}`,
    strikes: `${backoff.strikes}`,
    failures,
    failure: failure && { sent: `${failure.sent}`, lost: `${failure.lost}` },
    stated: `${counted.stated}`,
    received: `${counted.received}`,
    score: judged?.badness === undefined ? undefined : `${judged.badness / oneDoubling}`,
    refused: { ...record.refused() },
  };
}
