import * as Effect from "effect/Effect";
import { deposit } from "#agent/config/amount-forms.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import { toHex } from "#core/identity/hexadecimal.ts";
import { freePart } from "#core/settlement/cover.ts";
import type { SettlementStep } from "#core/settlement/plan.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import { type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import type { Agent } from "./agent.ts";
import { ControlError } from "./control-socket.ts";
import type { SettlementKeeper } from "./settlement-keeper.ts";

/** What can be asked about channels: the words after `channel`. */
export const channelRequests = [
  "status",
  "open",
  "topup",
  "withdraw",
  "register",
  "close",
  "voucher",
];

const refuse = (words: string) => Effect.fail(new ControlError({ problem: "refused", words }));

/**
 * Answers `channel WORD NEIGHBOUR [AMOUNT] [alone] [dry-run]`. What it asks for is a wish: the keeper
 * follows it until the chain has done it. A dry run says what would be sent first, and its cost.
 */
export const answerChannel = Effect.fnUntraced(function* (
  agent: Agent,
  keeper: SettlementKeeper,
  [word = "status", name = "", ...rest]: readonly string[],
) {
  if (word === "status") return statusOf(agent, keeper);
  const config = agent.config();
  const neighbour = config.neighbours.find((one) => one.name === name || one.id === name);
  if (neighbour === undefined) {
    const names = config.neighbours.map((one) => one.name).join(", ") || "none";
    return yield* refuse(
      `no neighbour is called ${JSON.stringify(name.slice(0, 80))}; there are: ${names}`,
    );
  }
  const dry = rest.includes("dry-run");
  const [amountText] = rest.filter((one) => one !== "dry-run" && one !== "alone");
  const amount = amountText === undefined ? undefined : deposit.read(amountText, config.token);
  if (amount?.ok === false) {
    return yield* refuse(
      `AMOUNT: found ${JSON.stringify(amountText?.slice(0, 40))}, allowed is ${amount.allowed}`,
    );
  }
  const wanted = { word, amount: amount?.value, alone: rest.includes("alone") };
  if (word === "voucher") return yield* voucherOf(agent, neighbour);
  const step = yield* stepFor(agent, keeper, neighbour, wanted);
  if (dry) return yield* rehearsed(keeper, neighbour, step);
  return yield* begun(agent, keeper, neighbour, wanted, step);
});

interface Wanted {
  readonly word: string;
  readonly amount: TokenUnits | undefined;
  readonly alone: boolean;
}

/** What a request comes down to, as the first step towards it. */
const stepFor = Effect.fnUntraced(function* (
  agent: Agent,
  keeper: SettlementKeeper,
  neighbour: NeighbourConfig,
  { word, amount, alone }: Wanted,
): Effect.fn.Return<SettlementStep, ControlError> {
  const books = booksOf(agent, neighbour);
  const status = keeper.settlement.channel(neighbour.id)?.outlook.status;
  const stakes = { atStake: tokenUnitsMost, urgent: false };
  if (word === "open") {
    const wanted = amount ?? neighbour.depositOut;
    if (wanted === 0n) {
      return yield* refuse(
        "open NEIGHBOUR AMOUNT: the neighbour has no deposit_out in the configuration",
      );
    }
    if (status === "open" || status === "closing") {
      return yield* refuse(`the channel with ${neighbour.name} is ${status} already; see topup`);
    }
    return { type: "Open", deposit: wanted, ...stakes, atStake: wanted };
  }
  if (books === undefined || !books.channel.open) {
    return yield* refuse(`there is no open channel with ${neighbour.name}; see channel open`);
  }
  const { channel, dealings } = books;
  // What the chain says may be newer than what the ledger has learnt of it.
  const fact = keeper.settlement.channel(neighbour.id);
  const told = fact?.channelId === channel.channelId ? fact.depositOut : channel.depositOut;
  const deposited = told > channel.depositOut ? told : channel.depositOut;
  switch (word) {
    case "topup":
      if (amount === undefined || amount === 0n) return yield* refuse("topup NEIGHBOUR AMOUNT");
      return {
        type: "Deposit",
        total: (deposited + amount) as TokenUnits,
        ...stakes,
        atStake: amount,
      };
    case "withdraw": {
      const free = freePart(books);
      const more = amount ?? free;
      if (more === 0n || more > free) {
        return yield* refuse(`${more} cannot be taken out: ${free} units in the channel are free`);
      }
      const taken = dealings.asked > channel.withdrawnOut ? dealings.asked : channel.withdrawnOut;
      return { type: "AskPermit", total: (taken + more) as TokenUnits, ...stakes, atStake: more };
    }
    case "register": {
      if (books.credited === undefined)
        return yield* refuse(`${neighbour.name} has signed nothing yet`);
      return { type: "Register", voucher: books.credited, ...stakes };
    }
    case "close":
      return { type: alone ? "StartClose" : "AskToEnd", ...stakes };
    default:
      return yield* refuse(
        `unknown request ${JSON.stringify(word.slice(0, 40))}; there are ${channelRequests.join(", ")}`,
      );
  }
});

const tokenUnitsMost = tokenUnitsLimit as TokenUnits;

/** What it would cost, and what would be sent. */
const rehearsed = Effect.fnUntraced(function* (
  keeper: SettlementKeeper,
  neighbour: NeighbourConfig,
  step: SettlementStep,
) {
  const would = { ...stepFacts(step), neighbour: neighbour.name };
  if (step.type === "AskPermit" || step.type === "AskToEnd") {
    return { would, cost: "nothing until the neighbour has signed" };
  }
  const cost = yield* keeper.settlement
    .rehearse(neighbour.id, step)
    .pipe(
      Effect.mapError(({ message }) => new ControlError({ problem: "refused", words: message })),
    );
  return { would, cost };
});

const begun = Effect.fnUntraced(function* (
  agent: Agent,
  keeper: SettlementKeeper,
  neighbour: NeighbourConfig,
  { word, amount, alone }: Wanted,
  step: SettlementStep,
) {
  const { id } = neighbour;
  if (word === "open") keeper.wish(id, { wanted: "open", reopen: true, deposit: amount });
  const { channelId } = keeper.settlement.channel(id) ?? {};
  if (step.type === "Deposit" && channelId !== undefined) {
    keeper.wish(id, { topUp: { channelId, total: step.total } });
  }
  if (word === "close") keeper.wish(id, { wanted: alone ? "closed alone" : "closed together" });
  if (step.type === "AskPermit") {
    const index = agent.node().ledger.neighbours.findIndex((one) => one.id === id);
    yield* agent.ask({
      type: "Wish",
      wish: { type: "Withdraw", neighbour: index, total: step.total },
    });
    return { asked: stepFacts(step), outcome: "the neighbour was asked to sign" };
  }
  if (word === "open" || word === "close" || word === "topup") {
    yield* keeper.tend;
    const note = keeper.note(id);
    return {
      asked: stepFacts(step),
      outcome: note?.outcome ?? "the next look at the chain begins it",
    };
  }
  if (step.type === "AskToEnd") return { asked: stepFacts(step), outcome: "begun" };
  const outcome = yield* keeper.settlement
    .perform(id, step)
    .pipe(
      Effect.mapError(({ message }) => new ControlError({ problem: "refused", words: message })),
    );
  return { asked: stepFacts(step), outcome };
});

/** The neighbour's best voucher in the form that `watch` reads: no secret, good for anybody to register. */
const voucherOf = Effect.fnUntraced(function* (agent: Agent, neighbour: NeighbourConfig) {
  const books = booksOf(agent, neighbour);
  const best = books?.credited;
  if (books === undefined || best === undefined) {
    return yield* refuse(`${neighbour.name} has signed no voucher that the channel covers`);
  }
  return voucherFacts(books.channel, best);
});

/** A voucher as plain values. */
export function voucherFacts(
  {
    channelId,
    chainId,
    contract,
  }: { readonly channelId: string; readonly chainId: bigint; readonly contract: string },
  { cumulative, signature }: Voucher,
) {
  return { version: 1, chainId, contract, channelId, cumulative, signature: toHex(signature) };
}

function booksOf(agent: Agent, { id }: NeighbourConfig) {
  const ledger = agent.node().ledger.neighbours.find((one) => one.id === id);
  if (ledger?.channel === undefined) return undefined;
  return { ...ledger, channel: ledger.channel };
}

/** A step without the bytes of signatures. */
function stepFacts(step: SettlementStep): Readonly<Record<string, unknown>> {
  switch (step.type) {
    case "Open":
      return { step: step.type, deposit: step.deposit };
    case "Deposit":
    case "AskPermit":
      return { step: step.type, total: step.total };
    case "Register":
    case "RegisterOurs":
      return { step: step.type, cumulative: step.voucher.cumulative };
    case "Withdraw":
      return { step: step.type, total: step.permit.total };
    case "CloseTogether":
      return { step: step.type, out: step.final.out, in: step.final.in };
    case "StartClose":
    case "Finish":
    case "AskToEnd":
      return { step: step.type };
  }
}

/** Everything about channels, for people and for `--json`. */
function statusOf(agent: Agent, keeper: SettlementKeeper) {
  const config: Config = agent.config();
  const state = keeper.settlement.state();
  return {
    ...state,
    channels: config.neighbours.map((neighbour) => {
      const fact = keeper.settlement.channel(neighbour.id);
      const books = booksOf(agent, neighbour);
      const next = keeper.next(neighbour.id);
      return {
        neighbour: neighbour.name,
        id: neighbour.id,
        channelId: fact?.channelId,
        status: fact?.outlook.status ?? "unknown",
        depositOut: fact?.depositOut,
        depositIn: fact?.depositIn,
        withdrawnOut: fact?.withdrawnOut,
        withdrawnIn: fact?.withdrawnIn,
        settledOut: fact?.settledOut,
        settledIn: fact?.settledIn,
        registeredOut: fact?.outlook.registeredOut,
        registeredIn: fact?.outlook.registeredIn,
        closeAt: fact?.outlook.closeAt,
        signed: books?.signed?.cumulative ?? 0n,
        credited: books?.credited?.cumulative ?? 0n,
        held: books?.held?.cumulative,
        free: books === undefined ? undefined : freePart(books),
        asked: books?.dealings.asked,
        permitted: books?.dealings.permitted,
        ending: books?.dealings.ending ?? false,
        next: next && stepFacts(next),
        last: keeper.note(neighbour.id),
      };
    }),
  };
}
