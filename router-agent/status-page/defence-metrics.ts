import type { Plain } from "#agent/cli/node-status.ts";
import type { DefenceFacts } from "#agent/defence/defence-keeper.ts";
import { junkStages } from "#core/enforcement/junk.ts";
import type { MetricFamily } from "./metric-family.ts";

/** Junk of neighbours, and what was carried for nothing: since it is remembered, over restarts. */
export function defenceFamilies(
  told: readonly Plain<DefenceFacts>[] | undefined,
): readonly MetricFamily[] {
  if (told === undefined || told.length === 0) return [];
  const family =
    (type: MetricFamily["type"]) =>
    (name: string, help: string, value: (one: Plain<DefenceFacts>) => string): MetricFamily => ({
      name: `meshtoll_${name}`,
      type,
      help,
      samples: told.map((one) => ({ labels: { neighbour: one.name }, value: value(one) })),
    });
  const [counter, gauge] = [family("counter"), family("gauge")];
  const stages = told.flatMap(({ name, stage: now }) =>
    junkStages.map((stage) => ({
      labels: { neighbour: name, stage },
      value: stage === now ? "1" : "0",
    })),
  );
  return [
    counter(
      "forwarded_bytes_total",
      "Inner bytes of the neighbour that were judged.",
      ({ received }) => received,
    ),
    counter("junk_bytes_total", "Of those, bytes that were junk.", ({ junk }) => junk),
    counter(
      "junk_unpaid_bytes_total",
      "Junk on the tunnel of a delivery: paid for no more than lost bytes are.",
      ({ undue }) => undue,
    ),
    gauge(
      "junk_excess_bytes",
      "Junk beyond the accepted share that is not made good yet.",
      ({ excess }) => excess,
    ),
    {
      name: "meshtoll_junk_stage",
      type: "gauge",
      help: "1 for how the neighbour is treated for its junk.",
      samples: stages,
    },
    counter(
      "free_received_bytes_total",
      "Bytes taken from the neighbour and carried for nothing.",
      ({ freeIn }) => freeIn,
    ),
    counter(
      "free_sent_bytes_total",
      "Bytes handed to the neighbour for nothing.",
      ({ freeOut }) => freeOut,
    ),
  ];
}
