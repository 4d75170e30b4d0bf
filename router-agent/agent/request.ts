import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import type { BidKeeper } from "#agent/bids/bid-keeper.ts";
import { byteFee, bytePrice, moneyAmount } from "#agent/config/amount-forms.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import type { DefenceKeeper } from "#agent/defence/defence-keeper.ts";
import type { OwnUsers } from "#agent/defence/own-users.ts";
import type { MarketKeeper } from "#agent/market/market-keeper.ts";
import { answerMarket } from "#agent/market/market-request.ts";
import type { PolicyKeeper } from "#agent/policy/policy-keeper.ts";
import type { RouteKeeper } from "#agent/routing/route-keeper.ts";
import { moneyLimit } from "#core/units/money.ts";
import type { Agent } from "./agent.ts";
import { bidAt, bidFacts, setBid } from "./bid-request.ts";
import { boundsFacts } from "./bounds-facts.ts";
import { answerChannel } from "./channel-request.ts";
import { ControlError, type Request } from "./control-socket.ts";
import { answerDiscovered } from "./discovered-request.ts";
import type { DiscoveryKeeper } from "./discovery-keeper.ts";
import { neighbourFacts } from "./facts.ts";
import type { Historian } from "./historian.ts";
import { answerHistory, noHistory } from "./history-request.ts";
import type { SettlementKeeper } from "./settlement-keeper.ts";

/** How a run may be told to end. */
export type Ending = "stop" | "stop and keep";

/** Reads the configuration again, where it came from a file. */
export type Reload = Effect.Effect<Config, { readonly message: string }>;

/** Without a file there is nothing to read again. */
const noFile: Reload = Effect.fail({
  message: "this agent runs without a configuration file: there is nothing to read again",
});

/** Who answers beside the agent itself; what is not there says so, where it is asked for. */
export interface Helpers {
  readonly reload?: Reload | undefined;
  readonly historian?: Historian | undefined;
  readonly keeper?: SettlementKeeper | undefined;
  readonly finder?: DiscoveryKeeper | undefined;
  readonly routes?: RouteKeeper | undefined;
  readonly market?: MarketKeeper | undefined;
  readonly defence?: DefenceKeeper | undefined;
  readonly ownUsers?: OwnUsers | undefined;
  readonly policy?: PolicyKeeper | undefined;
  readonly bids?: BidKeeper | undefined;
}

/** What can be asked of a running agent, and the answer. */
export const answerRequest =
  (
    agent: Agent,
    stopping: Deferred.Deferred<Ending>,
    {
      reload = noFile,
      historian,
      keeper,
      finder,
      routes,
      market,
      defence,
      ownUsers,
      policy,
      bids,
    }: Helpers = {},
  ) =>
  (request: Request): Effect.Effect<unknown, { readonly words: string }> => {
    const [command, ...rest] = request;
    switch (command) {
      case "status":
      case "facts":
        return Effect.sync(() => ({
          ...statusOf(agent),
          history: historian?.state() ?? noHistory,
          junk: defence?.facts() ?? [],
          ownUsers: ownUsers?.facts(),
        }));
      case "peers":
        return Effect.sync(() => peersOf(agent));
      case "refusals":
        return Effect.sync(() => refusalsOf(agent));
      case "channel":
        if (keeper === undefined) return refuse("this agent keeps no channels");
        return answerChannel(agent, keeper, rest);
      case "routes":
        if (routes === undefined) return refuse("this agent chooses no routes: babel is off");
        return Effect.sync(() => routes.answer(rest[0]));
      case "market":
        if (market === undefined) return refuse("this agent keeps no market");
        return answerMarket(agent, market, rest);
      case "exits":
        if (routes === undefined) return refuse("this agent is no client of any exit");
        return Effect.sync(() => routes.exits());
      case "quality":
        if (routes === undefined) return refuse("this agent measures no ways: babel is off");
        return Effect.sync(() => routes.quality());
      case "junk":
        return Effect.sync(() => defence?.facts() ?? []);
      case "pardon":
        return pardon(agent, defence, rest[0] ?? "");
      case "settle":
        return settle(agent);
      case "limit-spending":
        return limitSpending(agent, rest);
      case "set-price":
        return setPrice(agent, rest);
      case "policy":
        if (policy === undefined) return refuse("this agent keeps no policy");
        return rest[0] === "known" ? Effect.sync(policy.facts) : policy.look;
      case "bids":
        return Effect.sync(() => bidFacts(agent.config()));
      case "bid":
        return setBid(agent, rest);
      case "bid-at":
        return bidAt(agent, rest);
      case "bidding":
        return Effect.sync(() => bids?.facts() ?? []);
      case "reload":
        return reloadConfig(finder?.reload ?? agent.reconfigure, reload);
      case "discovered":
      case "accept":
      case "forget":
        return answerDiscovered(command, rest, finder);
      case "history":
      case "history-stat":
      case "reindex":
        return answerHistory(command, rest, historian);
      case "stop":
        return stop(stopping, rest[0] === "keep");
      default:
        return refuse(
          `unknown request ${JSON.stringify(command.slice(0, 40))}; there are status, facts, peers, refusals, routes, market, exits, quality, junk, pardon, settle, limit-spending, set-price, policy, bids, bid, bid-at, bidding, history, history-stat, reindex, channel, discovered, accept, forget, reload and stop`,
        );
    }
  };

/** Everything `status` and the demo show: one consistent moment, as the journal has it. */
export function statusOf(agent: Agent) {
  const node = agent.node();
  const config = agent.config();
  return {
    node: node.signer.id,
    run: node.ledger.run,
    stopped: agent.stopped(),
    counts: { ...agent.counts },
    programs: agent.programs,
    alarms: agent.alarms,
    memory: process.memoryUsage.rss(),
    bounds: boundsFacts(config),
    names: namesOf(config),
    neighbours: neighbourFacts(node.ledger, node.live, agent.resets),
  };
}

function namesOf(config: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(config.neighbours.map((one) => [one.id, one.name]));
}

function peersOf(agent: Agent) {
  const names = namesOf(agent.config());
  return statusOf(agent).neighbours.map(({ id, standing, heard, broken, frauds }) => {
    return { id, name: names[id], standing, heard, broken, frauds };
  });
}

function refusalsOf(agent: Agent) {
  const names = namesOf(agent.config());
  return statusOf(agent).neighbours.map(({ id, refusals }) => ({ id, name: names[id], refusals }));
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ problem: "refused", words }));
}

/** Two readings, so that the last bytes are surely counted (T18), and everything owed is paid. */
const settle = (agent: Agent) =>
  agent.look.pipe(
    Effect.andThen(agent.look),
    Effect.andThen(agent.ask({ type: "Wish", wish: { type: "Settle" } })),
    Effect.as("settled"),
  );

const stop = (stopping: Deferred.Deferred<Ending>, keep: boolean) =>
  Deferred.succeed(stopping, keep ? ("stop and keep" as const) : ("stop" as const)).pipe(
    Effect.as("stopping"),
  );

/** The operator knows better: what was junk until now is forgotten. */
const pardon = Effect.fnUntraced(function* (
  agent: Agent,
  defence: DefenceKeeper | undefined,
  name: string,
) {
  const found = named(agent, name);
  if (found instanceof ControlError) return yield* found;
  const done = defence === undefined ? false : yield* defence.pardon(found.name);
  return done ? "pardoned" : yield* refuse(`nothing is known of junk of ${name}`);
});

/** Waits for the file and tells what is wrong in it, or what cannot change now. */
const reloadConfig = (reconfigure: Agent["reconfigure"], reload: Reload) =>
  reload.pipe(
    Effect.mapError(
      ({ message }) => new ControlError({ problem: "refused", words: message.slice(0, 4000) }),
    ),
    Effect.flatMap((config) => reconfigure(config)),
    Effect.as("reloaded"),
  );

function named(agent: Agent, name: string): NeighbourConfig | ControlError {
  const { neighbours } = agent.config();
  return (
    neighbours.find((one) => one.name === name || one.id === name) ??
    new ControlError({
      problem: "refused",
      words: `no neighbour is called ${JSON.stringify(name.slice(0, 80))}; there are: ${neighbours.map((one) => one.name).join(", ") || "none"}`,
    })
  );
}

/** Journaled, so it outlives the run, unless the configuration names a limit of its own. */
const limitSpending = Effect.fnUntraced(function* (
  agent: Agent,
  [name = "", text = ""]: readonly string[],
) {
  const config = named(agent, name);
  if (config instanceof ControlError) return yield* config;
  const { ledger } = agent.node();
  const neighbour = ledger.neighbours.findIndex((one) => one.id === config.id);
  const signed = ledger.neighbours[neighbour]?.outbound.reduce((all, one) => all + one.signed, 0n);
  if (signed === undefined) return yield* refuse(`${name} has no account yet`);
  const special = text === "now" ? `${signed}` : text === "none" ? `${moneyLimit}` : text;
  const amount = moneyAmount(0n).read(special, agent.config().token);
  if (!amount.ok) {
    return yield* refuse(
      `limit-spending NEIGHBOUR AMOUNT: found ${JSON.stringify(text.slice(0, 40))}, allowed is ${amount.allowed}, \`now\` for what is signed already, or \`none\``,
    );
  }
  const limit = amount.value;
  yield* agent.ask({ type: "Wish", wish: { type: "LimitSpending", neighbour, limit } });
  return { limit };
});

/** Until the agent starts again: the price that lasts stands in the configuration. */
const setPrice = Effect.fnUntraced(function* (
  agent: Agent,
  [name = "", text = ""]: readonly string[],
) {
  const found = named(agent, name);
  if (found instanceof ControlError) return yield* found;
  const config = agent.config();
  const charge = charging(found.charge, text, config);
  if (typeof charge === "string") {
    return yield* refuse(
      `set-price NEIGHBOUR PRICE: found ${JSON.stringify(text.slice(0, 40))}, allowed is ${charge}`,
    );
  }
  yield* agent.amend((now) => {
    const neighbours = now.neighbours.map((one) =>
      one.id === found.id ? priced(one, charge) : one,
    );
    return { ...now, neighbours };
  });
  return "set";
});

/** With a price of the operator's own: a policy suggests none any more. */
function priced(
  { openPrices: _, ...one }: NeighbourConfig,
  charge: NeighbourConfig["charge"],
): NeighbourConfig {
  return { ...one, charge };
}

/** The same charge at another price, or fee; or what would have been allowed. */
function charging(
  charge: NeighbourConfig["charge"],
  text: string,
  { token, terms }: Config,
): NeighbourConfig["charge"] | string {
  if (charge.kind === "resale") {
    const fee = byteFee.read(text, token);
    return fee.ok ? { ...charge, fee: fee.value } : fee.allowed;
  }
  const price = bytePrice.read(text, token);
  if (!price.ok) return price.allowed;
  if (price.value > terms.priceCap) return `at most the price cap, ${terms.priceCap} grains a byte`;
  return { ...charge, prices: charge.prices.map(() => price.value) };
}
