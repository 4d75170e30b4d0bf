import { bytesText, moneyText } from "#agent/cli/money-text.ts";
import { timesWorse } from "#agent/cli/quality-text.ts";
import type { Token } from "#agent/config/form.ts";
import type { QualityAnswer } from "#agent/routing/quality-facts.ts";
import { delayText, lossText, priceText } from "./amount-text.ts";
import type {
  ChannelAnswer,
  DefenceAnswer,
  NeighbourAnswer,
  RoutesAnswer,
} from "./node-answers.ts";
import type { NeighbourView } from "./overview-form.ts";

/** What stands beside a neighbour's accounts. */
export interface NeighbourSurroundings {
  readonly name: string;
  readonly token: Token;
  readonly channels: ChannelAnswer | undefined;
  readonly routes: RoutesAnswer | undefined;
  readonly quality?: QualityAnswer | undefined;
  readonly defence?: DefenceAnswer | undefined;
}

const unknown = "–";

/** Works out what people see of a neighbour. */
export function neighbourView(
  facts: NeighbourAnswer,
  { name, token, channels, routes, quality, defence }: NeighbourSurroundings,
): NeighbourView {
  const pays = facts.accounts.filter(({ direction }) => direction === "we pay");
  const paid = facts.accounts.filter(({ direction }) => direction === "we are paid");
  const money = (grains: bigint) => moneyText(grains, token);
  const channel = channels?.channels.find(({ id }) => id === facts.id);
  const exposure = total(paid, "exposure");
  const bound = total(paid, "exposureBound");
  return {
    name,
    id: facts.id,
    ...stateOf(facts),
    channel: channel?.status ?? unknown,
    wePay: prices(pays, token),
    weCharge: prices(paid, token),
    sent: bytesText(total(pays, "position")),
    received: bytesText(total(paid, "position")),
    owed: money(total(pays, "amount")),
    paid: money(total(pays, "settled")),
    earned: money(total(paid, "settled")),
    exposure: money(exposure),
    exposureBound: money(bound),
    exposureShare: bound === 0n ? 0 : Number((exposure * 1000n) / bound),
    loss: measuredLoss(name, routes) ?? lossOf(paid),
    delay: delayOf(name, routes),
    rank: rankOf(name, quality),
    carried: carriedOf(defence),
    measuring: measuringOf(name, quality),
    free: channel?.free === undefined ? unknown : money(unitsOf(channel.free, token)),
    protocol: facts.protocol === undefined ? unknown : String(facts.protocol),
    refusals: facts.refusals.map(({ count, words, why }) => `${count} × ${why}: ${words}`),
  };
}

/** Token units, as text, in grains. */
export function unitsOf(units: string, token: Token): bigint {
  return BigInt(units) * token.grainsPerUnit;
}

type Account = NeighbourAnswer["accounts"][number];

function total(
  accounts: readonly Account[],
  key: "position" | "amount" | "settled" | "exposure" | "exposureBound",
): bigint {
  return accounts.reduce((sum, account) => sum + BigInt(account[key]), 0n);
}

/** The prices of the classes, cheapest class first; those that nobody named are a dash. */
function prices(accounts: readonly Account[], token: Token): string {
  const each = accounts.map(({ price }) =>
    price === undefined ? unknown : priceText(price, token),
  );
  return [...new Set(each)].join(", ") || unknown;
}

/** What it says it sent us, and did not arrive, over the whole life of the accounts. */
function lossOf(paid: readonly Account[]): string {
  const sent = paid.reduce((sum, one) => sum + BigInt(one.theirPosition), 0n);
  const lost = sent - total(paid, "position");
  if (sent === 0n) return unknown;
  return lossText(lost <= 0n ? 0 : Number((lost * 1_000_000n) / sent));
}

/** Loss of the link each way, where links are measured. */
function measuredLoss(name: string, routes: RoutesAnswer | undefined): string | undefined {
  const link = routes?.links?.find(({ neighbour }) => neighbour === name);
  if (link?.lossOut === undefined && link?.lossIn === undefined) return undefined;
  const one = (loss: string | undefined) => (loss === undefined ? unknown : lossText(Number(loss)));
  return `${one(link.lossOut)} out, ${one(link.lossIn)} in`;
}

/** Bytes that were carried for nothing, and junk among what came; a dash where nothing is counted. */
function carriedOf(defence: DefenceAnswer | undefined): string {
  if (defence === undefined) return unknown;
  const { freeIn, freeOut, junk, received } = defence;
  const bytes = (text: string) => bytesText(BigInt(text));
  return `free ${bytes(freeIn)} in, ${bytes(freeOut)} out; junk ${bytes(junk)} of ${bytes(received)}`;
}

/** By the worse of its parts; a dash where nothing is measured. */
function rankOf(name: string, quality: QualityAnswer | undefined): string {
  const rank = quality?.neighbours.find(({ neighbour }) => neighbour === name)?.rank;
  if (rank === undefined) return unknown;
  return timesWorse(Number(rank.loss) > Number(rank.delay) ? rank.loss : rank.delay);
}

/** What measuring it cost today, beside the most that it can; a dash where nothing is measured. */
function measuringOf(name: string, quality: QualityAnswer | undefined): string {
  const cost = quality?.cost;
  const found = cost?.today.find(({ destination }) => destination === name);
  if (cost === undefined || found === undefined) return unknown;
  const one = (bytes: string, most: string) =>
    `${bytesText(BigInt(bytes))} of at most ${bytesText(BigInt(most))}`;
  return `unpaid ${one(found.unpaid, cost.dailyBound)}, paid ${one(found.paid, cost.dailyPaidBound)}`;
}

/** The delay of the link; where only ways are measured, the smallest of a way through it. */
function delayOf(name: string, routes: RoutesAnswer | undefined): string {
  const link = routes?.links?.find(({ neighbour }) => neighbour === name);
  if (link?.delay !== undefined) return delayText(Number(link.delay));
  const ways = (routes?.routes ?? []).flatMap((route) => [route, ...(route.alternatives ?? [])]);
  const delays = ways.flatMap(({ via, delay }) =>
    via === name && delay !== undefined ? [Number(delay)] : [],
  );
  return delays.length === 0 ? unknown : delayText(Math.min(...delays));
}

function stateOf(facts: NeighbourAnswer): Pick<NeighbourView, "state" | "stateWords"> {
  if (facts.frauds.length > 0) {
    return {
      state: "fraud",
      stateWords: "it signed two statements that contradict each other; keep the journal as proof",
    };
  }
  if (facts.broken !== undefined) {
    const stateWords = `${facts.broken} does not hold: nothing more is signed or granted; see explain`;
    return { state: "broken", stateWords };
  }
  if (facts.junk.stage === "free tier") {
    const stateWords = `it sent ${facts.junk.junk} bytes of junk: its traffic is slow and free until it sends good ones`;
    return { state: "throttled", stateWords };
  }
  if (facts.standing === "throttled") {
    const stateWords = "it owes more than its credit: its traffic is slow and free until it pays";
    return { state: "throttled", stateWords };
  }
  if (!facts.heard) return { state: "silent", stateWords: "nothing was heard of it in this run" };
  if (facts.junk.stage === "stop buying") {
    const stateWords = `within its credit, but it sent ${facts.junk.junk} bytes of junk: nothing more is bought of it`;
    return { state: "open", stateWords };
  }
  return { state: "open", stateWords: "heard, and within its credit" };
}
