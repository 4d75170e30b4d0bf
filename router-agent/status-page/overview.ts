import * as Effect from "effect/Effect";
import type { Answer } from "#agent/agent/control-socket.ts";
import { bytesText, moneyText } from "#agent/cli/money-text.ts";
import type { Config } from "#agent/config/config.ts";
import type { Token } from "#agent/config/form.ts";
import type { MarketAnswer } from "#agent/market/market-facts.ts";
import type { QualityAnswer } from "#agent/routing/quality-facts.ts";
import { priceText, tokensText } from "./amount-text.ts";
import { plainAnswer, plainAnswerIfAny } from "./asking.ts";
import { balanceView } from "./balance-view.ts";
import { marketView } from "./market-view.ts";
import { neighbourView } from "./neighbour-view.ts";
import type { ChannelAnswer, NeighbourAnswer, RoutesAnswer, StatusAnswer } from "./node-answers.ts";
import type { IncidentView, LivePoint, Overview, PaymentView } from "./overview-form.ts";
import { routeViews } from "./route-view.ts";
import type { Sample } from "./sampler.ts";
import type { Payment, UsageReport } from "./usage-report.ts";

/** How many alarms are shown. */
const alarmsShown = 5;

/** What an overview is made from, beside what the agent answers. */
export interface OverviewSources {
  readonly config: Config;
  readonly usage: UsageReport | undefined;
  readonly samples: readonly Sample[];
  /** UTC, seconds. */
  readonly now: number;
}

/** Asks the agent, and says it in words. */
export const overview = Effect.fnUntraced(function* (answer: Answer, sources: OverviewSources) {
  const status = (yield* plainAnswer(answer, ["status"])) as StatusAnswer;
  const channels = (yield* plainAnswerIfAny(answer, ["channel", "status"])) as
    | ChannelAnswer
    | undefined;
  const routed = (yield* plainAnswerIfAny(answer, ["routes"])) as RoutesAnswer | undefined;
  const routes = routed?.babel === "off" ? undefined : routed;
  const quality = (yield* plainAnswerIfAny(answer, ["quality"])) as QualityAnswer | undefined;
  const told = (yield* plainAnswerIfAny(answer, ["incidents"])) as
    | { readonly incidents: readonly IncidentView[] }
    | undefined;
  const market = (yield* plainAnswerIfAny(answer, ["market"])) as MarketAnswer | undefined;
  const { config, usage, samples, now } = sources;
  const { token } = config;
  const nameOf = (id: string) => status.names[id] ?? id.slice(0, 12);
  const whole: Overview = {
    node: status.node,
    token: token.symbol,
    stopped: status.stopped,
    alarms: status.alarms.slice(-alarmsShown).toReversed(),
    history: usage?.missing ?? "",
    settlement: [channels?.place, channels?.problem].filter((one) => one !== undefined).join(": "),
    balance: balanceView(token, channels, usage, samples, now),
    totals: totalsOf(status),
    neighbours: status.neighbours.map((one) =>
      neighbourView(one, {
        ...{ name: nameOf(one.id), token, channels, routes, quality },
        defence: status.junk?.find(({ id }) => id === one.id),
      }),
    ),
    payments: paymentViews(usage?.payments ?? [], status, nameOf, token),
    failures: failuresOf(status, channels, nameOf),
    routing: routes?.babel,
    routes: routeViews(config, routes, (via, priceClass) =>
      priceOf(status, via, priceClass, token),
    ),
    market: marketView(market, token),
    incidents: told?.incidents ?? [],
    usage: (usage?.hours ?? []).map((one) => ({
      from: one.from,
      sent: String(one.sent),
      received: String(one.received),
      paid: tokensText(one.paid, token),
      earned: tokensText(one.earned, token),
    })),
    live: livePoints(samples, token),
  };
  return whole;
});

/** What we pay a neighbour for a class, by the last lease we hold. */
function priceOf(
  { neighbours, names }: StatusAnswer,
  via: string,
  priceClass: number,
  token: Token,
): string | undefined {
  const accounts = neighbours.find(({ id }) => names[id] === via)?.accounts ?? [];
  const price = accounts.find(
    (one) => one.direction === "we pay" && one.class === priceClass,
  )?.price;
  return price === undefined ? undefined : priceText(price, token);
}

function totalsOf({ neighbours }: StatusAnswer): Overview["totals"] {
  const sum = (direction: string) =>
    neighbours
      .flatMap(({ accounts }) => accounts)
      .filter((one) => one.direction === direction)
      .reduce((all, { position }) => all + BigInt(position), 0n);
  return { sent: bytesText(sum("we pay")), received: bytesText(sum("we are paid")) };
}

/** What the neighbour has not said it credited is of the newest payments: totals count (T4). */
function paymentViews(
  payments: readonly Payment[],
  { neighbours }: StatusAnswer,
  nameOf: (id: string) => string,
  token: Token,
): readonly PaymentView[] {
  const waiting = neighbours.map(unacknowledged);
  return payments.map((one) => {
    const { neighbour, seconds, direction, amount, total } = one;
    const left = waiting[neighbour] ?? 0n;
    const ours = direction === "we pay";
    if (ours) waiting[neighbour] = left - amount;
    return {
      seconds,
      neighbour: nameOf(neighbours[neighbour]?.id ?? ""),
      direction: ours ? "to" : "from",
      amount: moneyText(amount, token),
      total: moneyText(total, token),
      outcome: ours && left > 0n ? "waiting" : "credited",
    };
  });
}

function unacknowledged({ accounts, acknowledged }: NeighbourAnswer): bigint {
  const signed = accounts
    .filter(({ direction }) => direction === "we pay")
    .reduce((sum, { settled }) => sum + BigInt(settled), 0n);
  return signed - BigInt(acknowledged);
}

/** Refusals that are about money. */
const moneyRefusals = /voucher|channel|withdrawal/;

function failuresOf(
  { neighbours }: StatusAnswer,
  channels: ChannelAnswer | undefined,
  nameOf: (id: string) => string,
): readonly string[] {
  const refused = neighbours.flatMap(({ id, refusals }) =>
    refusals
      .filter(({ why }) => moneyRefusals.test(why))
      .map(({ count, why, words }) => `${nameOf(id)}: ${count} × ${why}: ${words}`),
  );
  const steps = (channels?.channels ?? []).flatMap(({ id, last }) =>
    last === undefined || /^(?:sent|on its way|done already)$/.test(last.outcome)
      ? []
      : [`${nameOf(id)}: ${last.step}: ${last.outcome}`],
  );
  return [...refused, ...steps];
}

/** Rates between one sample and the next. */
function livePoints(samples: readonly Sample[], token: Token): readonly LivePoint[] {
  const now = samples.at(-1)?.at ?? 0;
  return samples.flatMap((sample, i): readonly LivePoint[] => {
    const before = samples[i - 1];
    const elapsed = BigInt(Math.round(sample.at - (before?.at ?? sample.at)));
    if (before === undefined || elapsed <= 0n) return [];
    const bits = (more: bigint) => Number((more * 8000n) / elapsed);
    const perHour = (more: bigint) => tokensText((more * 3_600_000n) / elapsed, token);
    return [
      {
        ago: Math.round((now - sample.at) / 1000),
        sentBits: bits(sample.sent - before.sent),
        receivedBits: bits(sample.received - before.received),
        spentPerHour: perHour(sample.owed - before.owed),
        earnedPerHour: perHour(sample.earned - before.earned),
      },
    ];
  });
}
