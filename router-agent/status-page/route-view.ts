import type { Config } from "#agent/config/config.ts";
import type { Token } from "#agent/config/form.ts";
import { delayText, lossText, priceText } from "./amount-text.ts";
import type { RouteAnswer, RoutesAnswer } from "./node-answers.ts";
import type { RouteView } from "./overview-form.ts";

const unknown = "–";

/** Ways as the agent chose them; where it chooses none, as the configuration has them. */
export function routeViews(
  config: Config,
  routes: RoutesAnswer | undefined,
  wePay: (neighbour: string, priceClass: number) => string | undefined,
): readonly RouteView[] {
  const { token } = config;
  if (routes !== undefined) return routes.routes.map((one) => routeView(one, token));
  return config.routes.map((one) => ({
    prefix: one.prefix,
    via: one.via,
    class: String(one.class),
    price: one.class === 0 ? "free" : (wePay(one.via, one.class) ?? unknown),
    loss: unknown,
    delay: unknown,
    why: "the configuration says so",
    alternatives: [],
  }));
}

function routeView(route: RouteAnswer, token: Token): RouteView {
  return {
    prefix: route.prefix,
    via: route.via ?? "the daemon",
    class: route.class === undefined ? "0" : String(route.class),
    ...measures(route, token),
    why: route.why ?? "",
    alternatives: (route.alternatives ?? []).map((one) => otherWay(one, token)),
  };
}

/** Of what nobody offers there are no figures. */
function otherWay(way: NonNullable<RouteAnswer["alternatives"]>[number], token: Token): string {
  const via = way.via ?? "the daemon";
  const { price, loss, delay } = measures(way, token);
  const why = way.why ?? (way.feasible === false ? "not feasible" : "feasible");
  if (way.price === undefined) return `${via}: ${why}`;
  return `${via}: ${price}, loss ${loss}, delay ${delay}; ${why}`;
}

type Measured = Pick<RouteAnswer, "price" | "loss" | "delay">;

function measures({ price, loss, delay }: Measured, token: Token) {
  return {
    price: price === undefined ? unknown : wholeOr(price, (text) => priceText(text, token)),
    loss: loss === undefined ? unknown : lossText(Number(loss)),
    delay: delay === undefined ? unknown : delayText(Number(delay)),
  };
}

/** What is no whole number is shown as it came. */
function wholeOr(text: string, form: (text: string) => string): string {
  return /^[0-9]{1,40}$/.test(text) ? form(text) : text;
}
