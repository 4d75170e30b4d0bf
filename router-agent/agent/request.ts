import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import { money } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import type { Agent } from "./agent.ts";
import { boundsFacts } from "./bounds-facts.ts";
import { ControlError, type Request } from "./control-socket.ts";
import { neighbourFacts } from "./facts.ts";

/** What can be asked of a running agent, and the answer. */
export const answerRequest =
  (agent: Agent, stopping: Deferred.Deferred<"stop" | "stop and keep">) =>
  (request: Request): Effect.Effect<unknown, ControlError> => {
    const [command, ...rest] = request;
    switch (command) {
      case "status":
        return Effect.sync(() => statusOf(agent));
      case "settle":
        return agent.ask({ type: "Wish", wish: { type: "Settle" } }).pipe(Effect.as("settled"));
      case "limit-spending":
        return limitSpending(agent, rest);
      case "set-price":
        return setPrice(agent, rest);
      case "stop":
        return stop(stopping, rest[0] === "keep");
      default:
        return refuse(`unknown request ${JSON.stringify(command.slice(0, 40))}`);
    }
  };

const stop = (stopping: Deferred.Deferred<"stop" | "stop and keep">, keep: boolean) =>
  Deferred.succeed(stopping, keep ? ("stop and keep" as const) : ("stop" as const)).pipe(
    Effect.as("stopping"),
  );

/** Everything `status` and the demo show. */
export function statusOf(agent: Agent) {
  const node = agent.node();
  const config = agent.config();
  return {
    node: node.signer.id,
    run: node.ledger.run,
    stopped: agent.stopped(),
    counts: { ...agent.counts },
    alarms: agent.alarms,
    memory: process.memoryUsage.rss(),
    bounds: boundsFacts(config),
    names: Object.fromEntries(config.neighbours.map((one) => [one.id, one.name])),
    neighbours: neighbourFacts(node.ledger, node.live),
  };
}

function refuse(words: string): Effect.Effect<never, ControlError> {
  return Effect.fail(new ControlError({ words }));
}

const limitSpending = (agent: Agent, [name = "", amount = ""]: readonly string[]) => {
  const id = agent.config().neighbours.find((one) => one.name === name)?.id;
  const neighbour = agent.node().ledger.neighbours.findIndex((one) => one.id === id);
  const now = agent.node().ledger.neighbours[neighbour];
  if (neighbour < 0 || now === undefined) return refuse(`no neighbour is named ${name}`);
  const signed = now.outbound.reduce((all, account) => all + account.signed, 0n);
  if (amount !== "now" && !/^[0-9]{1,40}$/.test(amount)) {
    return refuse("limit-spending NEIGHBOUR GRAINS, or `now` for what is signed already");
  }
  const limit = money(amount === "now" ? signed : BigInt(amount));
  return agent
    .ask({ type: "Wish", wish: { type: "LimitSpending", neighbour, limit } })
    .pipe(Effect.as({ limit }));
};

const setPrice = (agent: Agent, [name = "", amount = ""]: readonly string[]) => {
  const config = agent.config();
  if (!config.neighbours.some((one) => one.name === name))
    return refuse(`no neighbour is named ${name}`);
  if (!/^[1-9][0-9]{0,18}$/.test(amount)) return refuse("set-price NEIGHBOUR GRAINS-A-BYTE");
  const neighbours = config.neighbours.map((one) => {
    if (one.name !== name) return one;
    const { charge } = one;
    return charge.kind === "price"
      ? { ...one, charge: { ...charge, prices: charge.prices.map(() => price(BigInt(amount))) } }
      : { ...one, charge: { ...charge, fee: BigInt(amount) } };
  });
  return agent.reconfigure({ ...config, neighbours }).pipe(Effect.as("set"));
};
