import * as Effect from "effect/Effect";
import type { Answer } from "#agent/agent/control-socket.ts";
import type { BiddingFacts } from "#agent/bids/bid-keeper.ts";
import type { Plain } from "#agent/cli/node-status.ts";
import type { Config } from "#agent/config/config.ts";
import type { Token } from "#agent/config/form.ts";
import type { DefenceFacts } from "#agent/defence/defence-keeper.ts";
import type { ExitFacts } from "#agent/routing/exit-facts.ts";
import type { QualityAnswer } from "#agent/routing/quality-facts.ts";
import { accountFamilies } from "./account-metrics.ts";
import { tokensText } from "./amount-text.ts";
import { plainAnswer, plainAnswerIfAny } from "./asking.ts";
import { defenceFamilies } from "./defence-metrics.ts";
import { expositionText, type MetricFamily, type MetricSample } from "./metric-family.ts";
import { unitsOf } from "./neighbour-view.ts";
import type { ChannelAnswer, NeighbourAnswer, RoutesAnswer, StatusAnswer } from "./node-answers.ts";
import { exitFamilies, qualityFamilies } from "./quality-metrics.ts";

/** `/metrics`: everything that grows or stands, for Prometheus. */
export const metricsText = Effect.fnUntraced(function* (answer: Answer, config: Config) {
  const status = (yield* plainAnswer(answer, ["status"])) as StatusAnswer;
  const channels = (yield* plainAnswerIfAny(answer, ["channel", "status"])) as
    | ChannelAnswer
    | undefined;
  const routes = (yield* plainAnswerIfAny(answer, ["routes"])) as RoutesAnswer | undefined;
  const quality = (yield* plainAnswerIfAny(answer, ["quality"])) as QualityAnswer | undefined;
  const exits = (yield* plainAnswerIfAny(answer, ["exits"])) as readonly ExitFacts[] | undefined;
  const defence = (yield* plainAnswerIfAny(answer, ["junk"])) as
    | readonly Plain<DefenceFacts>[]
    | undefined;
  const bidding = (yield* plainAnswerIfAny(answer, ["bidding"])) as
    | readonly Pick<BiddingFacts, "name" | "refused">[]
    | undefined;
  const incidents = (yield* plainAnswerIfAny(answer, ["incidents"])) as IncidentsAnswer | undefined;
  return expositionText([
    ...nodeFamilies(status),
    ...neighbourFamilies(status, channels, config.token),
    ...accountFamilies(status, config.token),
    ...routeFamilies(routes),
    ...qualityFamilies(quality),
    ...exitFamilies(exits),
    ...defenceFamilies(defence),
    ...biddingFamilies(bidding),
    ...incidentFamilies(incidents),
  ]);
});

interface IncidentsAnswer {
  readonly incidents: readonly { readonly kind: string; readonly open: boolean }[];
}

const one = (value: string | number | bigint): readonly MetricSample[] => [
  { labels: {}, value: String(value) },
];

const counter = (name: string, help: string, samples: readonly MetricSample[]): MetricFamily => ({
  name: `meshtoll_${name}`,
  type: "counter",
  help,
  samples,
});

const gauge = (name: string, help: string, samples: readonly MetricSample[]): MetricFamily => ({
  name: `meshtoll_${name}`,
  type: "gauge",
  help,
  samples,
});

function nodeFamilies({
  node,
  stopped,
  counts,
  memory,
  programs,
}: StatusAnswer): readonly MetricFamily[] {
  return [
    gauge("node_info", "Always 1; the label names the node.", [{ labels: { node }, value: "1" }]),
    gauge(
      "stopped",
      "1 where the journal failed and nothing is acted on any more.",
      one(stopped === undefined ? 0 : 1),
    ),
    gauge("deciding_programs", "How many programs decide in lockstep.", one(programs)),
    gauge("resident_memory_bytes", "Memory of the agent, with mapped files.", one(memory)),
    counter("inputs_total", "Inputs of the loop in this run.", one(counts.inputs)),
    counter("looks_total", "Looks at the kernel in this run.", one(counts.pokes)),
    counter(
      "tunnel_repairs_total",
      "Tunnels that vanished and were made again in this run.",
      one(counts.repairs),
    ),
    counter(
      "received_messages_total",
      "Messages from neighbours in this run.",
      one(counts.datagrams),
    ),
    counter("sent_messages_total", "Messages to neighbours in this run.", one(counts.sends)),
    counter(
      "unsent_messages_total",
      "Messages that could not be sent in this run.",
      one(counts.failedSends),
    ),
    counter("journal_commits_total", "Commits in this run.", one(counts.commits)),
    counter("journal_written_bytes_total", "Bytes of those commits.", one(counts.journalBytes)),
    gauge("journal_full_inputs", "Inputs in a row that found the journal full.", one(counts.full)),
    counter("memory_flips_total", "Flipped bits that were found in this run.", one(counts.flips)),
    counter(
      "faults_total",
      "Inputs in this run that this program could not work on.",
      one(counts.faults),
    ),
  ];
}

function neighbourFamilies(
  { neighbours, names, counts }: StatusAnswer,
  channels: ChannelAnswer | undefined,
  token: Token,
): readonly MetricFamily[] {
  const nameOf = (id: string) => names[id] ?? id.slice(0, 12);
  const each = (value: (facts: NeighbourAnswer) => string): readonly MetricSample[] =>
    neighbours.map((facts) => ({ labels: { neighbour: nameOf(facts.id) }, value: value(facts) }));
  const tokens = (grains: bigint) => tokensText(grains, token);
  const labelled = (id: string) => ({ neighbour: nameOf(id), token: token.symbol });
  return [
    gauge(
      "neighbour_heard",
      "1 where the neighbour was heard in this run.",
      each(({ heard }) => (heard ? "1" : "0")),
    ),
    gauge(
      "neighbour_throttled",
      "1 where it rides the free class for its debts.",
      each(({ standing }) => (standing === "throttled" ? "1" : "0")),
    ),
    counter(
      "neighbour_throttles_total",
      "How often it was throttled in this run.",
      each(({ id }) => String(counts.throttlesOf[nameOf(id)] ?? 0)),
    ),
    gauge(
      "neighbour_broken",
      "1 where an invariant does not hold, or fraud is proven.",
      each(({ broken, frauds }) => (broken === undefined && frauds.length === 0 ? "0" : "1")),
    ),
    counter(
      "acknowledged_tokens_total",
      "Of what we signed, what the neighbour says it has credited.",
      neighbours.map(({ id, acknowledged }) => ({
        labels: labelled(id),
        value: tokens(BigInt(acknowledged)),
      })),
    ),
    gauge(
      "channel_free_tokens",
      "What would be ours, were the channel closed now.",
      (channels?.channels ?? []).flatMap(({ id, free }) =>
        free === undefined ? [] : [{ labels: labelled(id), value: tokens(unitsOf(free, token)) }],
      ),
    ),
    counter(
      "refusals_total",
      "What of a neighbour changed nothing in this run, by reason.",
      neighbours.flatMap(({ id, refusals }) =>
        refusals.map(({ why, count }) => ({
          labels: { neighbour: nameOf(id), reason: why },
          value: String(count),
        })),
      ),
    ),
  ];
}

function routeFamilies(routes: RoutesAnswer | undefined): readonly MetricFamily[] {
  if (routes === undefined) return [];
  const measured = (value: (one: RoutesAnswer["routes"][number]) => number | undefined) =>
    routes.routes.flatMap((one): readonly MetricSample[] => {
      const number = value(one);
      if (number === undefined || !Number.isFinite(number)) return [];
      return [{ labels: { prefix: one.prefix, via: one.via ?? "" }, value: String(number) }];
    });
  return [
    gauge("routing_up", "1 where the routing daemon answers.", one(routes.babel === "up" ? 1 : 0)),
    gauge(
      "route_loss_ratio",
      "Share of packets lost on the chosen way.",
      measured(({ loss }) => (loss === undefined ? undefined : Number(loss) / 1e6)),
    ),
    gauge(
      "route_delay_seconds",
      "Delay of the chosen way.",
      measured(({ delay }) => (delay === undefined ? undefined : Number(delay) / 1e6)),
    ),
  ];
}

function biddingFamilies(
  told: readonly Pick<BiddingFacts, "name" | "refused">[] | undefined,
): readonly MetricFamily[] {
  if (told === undefined) return [];
  const samples = told.flatMap(({ name, refused }) =>
    Object.entries(refused).map(([reason, count]) => ({
      labels: { neighbour: name, reason },
      value: String(count),
    })),
  );
  const help = "Messages about bids that changed nothing in this run, by reason.";
  return [counter("bid_refusals_total", help, samples)];
}

function incidentFamilies(told: IncidentsAnswer | undefined): readonly MetricFamily[] {
  if (told === undefined) return [];
  const open = new Map<string, number>();
  for (const { kind, open: isOpen } of told.incidents) {
    open.set(kind, (open.get(kind) ?? 0) + (isOpen ? 1 : 0));
  }
  const samples = [...open].map(([kind, count]) => ({ labels: { kind }, value: String(count) }));
  return [gauge("open_incidents", "Incidents that are not over, by kind.", samples)];
}
