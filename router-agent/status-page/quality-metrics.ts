import type { ExitFacts } from "#agent/routing/exit-facts.ts";
import type { QualityAnswer } from "#agent/routing/quality-facts.ts";
import type { MetricFamily, MetricSample } from "./metric-family.ts";

const million = 1_000_000;
const thousand = 1000;

/** What was measured of neighbours as next hops, and what measuring costs. */
export function qualityFamilies(told: QualityAnswer | undefined): readonly MetricFamily[] {
  if (told === undefined) return [];
  const { neighbours, cost } = told;
  const ranks = neighbours.flatMap(({ neighbour, rank }) => [
    sample({ neighbour, part: "loss" }, Number(rank.loss) / thousand),
    sample({ neighbour, part: "delay" }, Number(rank.delay) / thousand),
  ]);
  return [
    {
      name: "meshtoll_neighbour_rank_ratio",
      type: "gauge",
      help: "How many times worse than it advertises a neighbour is taken to be; 1 is as advertised.",
      samples: ranks,
    },
    {
      name: "meshtoll_measuring_bytes_total",
      type: "counter",
      help: "Bytes sent to measure links and ways in this run.",
      samples: [sample({}, Number(cost.bytes))],
    },
    {
      name: "meshtoll_measuring_bytes_per_hour_bound",
      type: "gauge",
      help: "Most that measuring can take in an hour.",
      samples: [sample({}, Number(cost.hourlyBound))],
    },
    {
      name: "meshtoll_measuring_today_bytes",
      type: "gauge",
      help: "Bytes sent to measure a destination since the day of the run began.",
      samples: cost.today.flatMap(({ destination, paid, unpaid }) => [
        sample({ destination, part: "paid" }, Number(paid)),
        sample({ destination, part: "unpaid" }, Number(unpaid)),
      ]),
    },
  ];
}

/** The exits that we are the client of. */
export function exitFamilies(exits: readonly ExitFacts[] | undefined): readonly MetricFamily[] {
  if (exits === undefined || exits.length === 0) return [];
  const each = (value: (one: ExitFacts) => number | undefined): readonly MetricSample[] =>
    exits.flatMap((one) => {
      const found = value(one);
      return found === undefined ? [] : [sample({ exit: one.exit }, found)];
    });
  const gauge = (name: string, help: string, samples: readonly MetricSample[]): MetricFamily => ({
    name: `meshtoll_exit_${name}`,
    type: "gauge",
    help,
    samples,
  });
  return [
    gauge(
      "taken",
      "1 for the exit that is taken.",
      each(({ taken }) => (taken ? 1 : 0)),
    ),
    gauge(
      "loss_ratio",
      "Loss that is believed of a delivery.",
      each(({ loss }) => (loss === undefined ? undefined : Number(loss) / million)),
    ),
    gauge(
      "rank_ratio",
      "How many times worse than its tariff it is taken to be; 1 is as promised.",
      each(({ rank }) => Number(rank) / thousand),
    ),
    gauge(
      "rest_bytes",
      "Bytes that others have yet to carry before it is tried again.",
      each(({ rest }) => Number(rest)),
    ),
    {
      name: "meshtoll_exit_failures_total",
      type: "counter",
      help: "How often it was left for what it lost or made up, in this run.",
      samples: each(({ failures }) => failures),
    },
  ];
}

function sample(labels: Readonly<Record<string, string>>, value: number): MetricSample {
  return { labels, value: String(value) };
}
