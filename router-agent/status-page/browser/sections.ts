import type {
  IncidentView,
  NeighbourView,
  Overview,
  PaymentView,
  RouteView,
} from "../overview-form.ts";
import { element, fill, place } from "./element.ts";

/** Fills every part of the page but the plots. */
export function showSections(overview: Overview): void {
  const { balance, totals, neighbours, incidents, payments, failures, routes, routing } = overview;
  const { stopped, alarms, settlement, market } = overview;
  place("node").textContent = `${overview.node.slice(0, 12)}…`;
  fill(place("notices"), { stopped, alarms }, () => notices(overview));
  fill(place("cards"), { balance, totals, settlement, market }, () => cards(overview));
  fill(place("incidents"), incidents, () => incidentList(incidents));
  fill(place("neighbours"), neighbours, () =>
    neighbours.length === 0
      ? [element("p", { class: "soft" }, "No neighbours are configured yet.")]
      : neighbours.map(neighbourCard),
  );
  fill(place("payments"), { payments, failures }, () => paymentTable(overview));
  fill(place("routes"), { routes, routing }, () => routeTable(routes, routing));
}

function notices({ stopped, alarms }: Overview): readonly Node[] {
  const words = [
    ...(stopped === undefined
      ? []
      : [`Nothing is acted on any more, forwarding goes on: ${stopped}`]),
    ...alarms,
  ];
  return words.map((one) => element("p", { class: "notice bad" }, one));
}

/** How many prices stand in their card. */
const pricesShown = 6;

function cards({ balance, totals, settlement, market }: Overview): readonly Node[] {
  const card = (label: string, value: string, note = "", look = ""): Node =>
    element(
      "li",
      { class: look },
      element("span", { class: "label" }, label),
      element("b", {}, ...amount(value)),
      note === "" ? undefined : element("span", { class: "note" }, note),
    );
  return [
    card("Balance in channels", balance.free ?? "unknown", settlement, balance.low ? "low" : ""),
    card(
      "Lasts for",
      balance.lasts ?? (balance.free === undefined ? "unknown" : "as long as nothing is spent"),
      balance.basis,
      balance.low ? "low" : "",
    ),
    card("Spent a day", balance.spentPerDay),
    card("Earned a day", balance.earnedPerDay),
    card("Sent in all", totals.sent, "paid traffic"),
    card("Received in all", totals.received, "paid traffic"),
    ...(market === undefined
      ? []
      : [
          card(
            "Prices",
            market.mode,
            [...market.refused, ...market.asked].slice(0, pricesShown).join("; "),
            market.refused.length === 0 ? "" : "low",
          ),
        ]),
  ];
}

/** The unit of an amount is smaller than its number, and stays beside it. */
function amount(text: string): readonly (Node | string)[] {
  const [, number, unit] = /^([0-9.]+) (\S+)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) return [text];
  return [number, element("small", {}, `\u00a0${unit}`)];
}

function incidentList(incidents: readonly IncidentView[]): readonly Node[] {
  const open = incidents.filter((one) => one.open);
  const over = incidents.filter((one) => !one.open);
  if (incidents.length === 0) {
    return [
      element("p", { class: "notice good" }, "Nothing is wrong, and nothing was in this run."),
    ];
  }
  return [
    ...open.map((one) =>
      element(
        "div",
        { class: "notice bad" },
        element("h3", {}, `${one.kind}${one.subject === "" ? "" : `: ${one.subject}`}`),
        element("p", {}, one.detected),
        element("p", {}, element("strong", {}, "The agent: "), one.action),
        element("p", {}, element("strong", {}, "You: "), one.advice),
        element("p", { class: "soft" }, `since ${momentText(one.since)}`),
      ),
    ),
    ...(open.length === 0 ? [element("p", { class: "notice good" }, "Nothing is wrong now.")] : []),
    ...(over.length === 0 ? [] : [pastIncidents(over)]),
  ];
}

function pastIncidents(over: readonly IncidentView[]): Node {
  const lines = over.map(({ kind, subject, since, detected }) =>
    element(
      "li",
      {},
      `${momentText(since)}: ${kind}${subject === "" ? "" : ` (${subject})`}: ${detected}`,
    ),
  );
  return element(
    "details",
    { "data-key": "past" },
    element("summary", {}, `${over.length} that ${over.length === 1 ? "is" : "are"} over`),
    element("ul", {}, ...lines),
  );
}

const looks = {
  open: "good",
  throttled: "warn",
  silent: "",
  broken: "bad",
  fraud: "bad",
} as const satisfies Record<NeighbourView["state"], string>;

function neighbourCard(one: NeighbourView): Node {
  const rows: readonly (readonly [string, string])[] = [
    ["We pay", one.wePay],
    ["We charge", one.weCharge],
    ["Sent, received", `${one.sent}, ${one.received}`],
    ["We owe, and paid", `${one.owed}, ${one.paid}`],
    ["It paid us", one.earned],
    ["Loss, delay", `${one.loss}, ${one.delay}`],
    ["Measuring it today", one.measuring ?? "–"],
    ["Delivers", one.rank],
    ["For nothing", one.carried],
    ["Channel", one.channel],
    ["Ours in it", one.free],
  ];
  return element(
    "article",
    {},
    element(
      "header",
      {},
      element("h3", {}, one.name),
      element("span", { class: `badge ${looks[one.state]}` }, one.state),
    ),
    element("div", { class: "soft" }, one.stateWords),
    element(
      "dl",
      {},
      ...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]),
    ),
    element(
      "dl",
      {},
      element("dt", {}, "It owes us"),
      element("dd", {}, `${one.exposure} of ${one.exposureBound}`),
    ),
    element("meter", {
      min: 0,
      max: 1000,
      high: 800,
      value: one.exposureShare,
      "aria-label": `${one.name} uses ${Math.round(one.exposureShare / 10)} % of its credit`,
    }),
    refusals(one),
  );
}

function refusals({ name, id, protocol, refusals: lines }: NeighbourView): Node {
  const more = [
    element("li", { class: "id" }, `node ${id}`),
    element("li", {}, `protocol version ${protocol}`),
    ...lines.map((line) => element("li", {}, line)),
  ];
  const label =
    lines.length === 0
      ? "details"
      : `details, ${lines.length} ${lines.length === 1 ? "reason" : "reasons"} for refusals`;
  return element(
    "details",
    { "data-key": name },
    element("summary", {}, label),
    element("ul", {}, ...more),
  );
}

function paymentTable({ payments, failures, history }: Overview): readonly Node[] {
  const failed = failures.map((words) => element("p", { class: "notice" }, words));
  if (payments.length === 0) {
    const words = history === "" ? "No payment in the last days." : history;
    return [...failed, element("p", { class: "soft" }, words)];
  }
  const newest = payments.slice(0, paymentsShown);
  const older = payments.slice(paymentsShown);
  return [
    ...failed,
    paymentRows(newest),
    older.length === 0
      ? element("span")
      : element(
          "details",
          { "data-key": "older" },
          element("summary", {}, `${older.length} older ones`),
          paymentRows(older),
        ),
  ];
}

/** Payments that are seen at once; older ones are a click away, and all are in the CSV. */
const paymentsShown = 8;

function paymentRows(payments: readonly PaymentView[]): Node {
  const cells = (one: PaymentView): readonly (string | Node)[] => [
    hourText(one.seconds),
    one.direction === "to" ? `we paid ${one.neighbour}` : `${one.neighbour} paid us`,
    one.amount,
    one.total,
    element(
      "span",
      { class: `badge ${one.outcome === "credited" ? "good" : "warn"}` },
      one.outcome,
    ),
  ];
  const columns = ["In the hour of", "What", "Amount", "In all", "Outcome"];
  return table("payments", columns, payments.map(cells), ["text", "text", "", "", ""]);
}

function routeTable(routes: readonly RouteView[], routing: string | undefined): readonly Node[] {
  const words =
    routing === undefined
      ? "Routes stand in the configuration."
      : `The routing daemon is ${routing}.`;
  const head = element(
    "p",
    { class: routing === undefined || routing === "up" ? "soft" : "notice bad" },
    words,
  );
  if (routes.length === 0) return [head];
  const columns = ["Destination", "Via", "Class", "Price", "Loss", "Delay", "Why"];
  const cells = (one: RouteView): readonly (string | Node)[] => [
    one.prefix,
    one.via,
    one.class,
    one.price,
    one.loss,
    one.delay,
    reasons(one),
  ];
  const looks = ["text", "text", "", "", "", "", "words"];
  return [head, table("routes", columns, routes.map(cells), looks)];
}

function reasons({ prefix, why, alternatives }: RouteView): Node {
  if (alternatives.length === 0) return element("span", {}, why);
  return element(
    "div",
    {},
    why,
    element(
      "details",
      { "data-key": prefix },
      element(
        "summary",
        {},
        alternatives.length === 1 ? "1 other way" : `${alternatives.length} other ways`,
      ),
      element("ul", {}, ...alternatives.map((one) => element("li", {}, one))),
    ),
  );
}

/** A table that scrolls by itself, and becomes a list on a phone. @param looks of the columns. */
function table(
  label: string,
  columns: readonly string[],
  rows: readonly (readonly (string | Node)[])[],
  looks: readonly string[],
): Node {
  const heads = columns.map((one, i) =>
    element("th", { scope: "col", class: looks[i] === "" ? "" : "text" }, one),
  );
  const row = (cells: readonly (string | Node)[]): Node =>
    element(
      "tr",
      {},
      ...cells.map((cell, i) =>
        element("td", { class: looks[i] ?? "", "data-label": columns[i] ?? "" }, cell),
      ),
    );
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    element(
      "table",
      { class: `stack ${label}` },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows.map(row)),
    ),
  );
}

function hourText(seconds: number): string {
  if (seconds === 0) return "time not known";
  const time = new Date(seconds * 1000);
  const day = time.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  return `${day}, ${String(time.getHours()).padStart(2, "0")}:00`;
}

function momentText(seconds: number): string {
  if (seconds === 0) return "a time that is not known";
  return new Date(seconds * 1000).toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });
}
