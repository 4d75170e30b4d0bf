import type { IncidentView, NeighbourView, Overview } from "#agent/status-page/overview-form.ts";

/** How a line is meant; what makes it so is the terminal's business. */
export type Look = "plain" | "strong" | "soft" | "good" | "bad";

/** A line of the screen. */
export interface ScreenLine {
  readonly look: Look;
  readonly text: string;
}

/** The narrowest screen that is drawn for, in columns. */
export const leastWidth = 40;

/** What `status --watch` shows, cut to a screen: the most important first, so that it is seen on any. */
export function screenLines(
  overview: Overview,
  width: number,
  height: number,
): readonly ScreenLine[] {
  const wide = Math.max(leastWidth, width);
  const lines: ScreenLine[] = [
    { look: "strong", text: `meshtoll ${overview.node.slice(0, 16)}…` },
    ...stateLines(overview),
    balanceLine(overview),
    trafficLine(overview, wide),
    blank,
    ...neighbourTable(overview.neighbours, wide),
    ...overview.incidents.filter(({ open }) => open).flatMap(incidentLines),
    ...routeLines(overview),
    ...overview.failures.map((text): ScreenLine => ({ look: "bad", text })),
  ];
  const room = Math.max(1, height - 1); // the last line stays free for the cursor
  const shown =
    lines.length > room ? [...lines.slice(0, room - 1), more(lines.length - room + 1)] : lines;
  return shown.map(({ look, text }) => ({ look, text: cut(text, wide) }));
}

const blank: ScreenLine = { look: "plain", text: "" };

function more(count: number): ScreenLine {
  return { look: "soft", text: `… and ${count} more line(s): a taller terminal, or \`status\`` };
}

/** Characters, not code units; the last one says that something is missing. */
function cut(text: string, width: number): string {
  // Nothing that came from outside moves the cursor.
  const plain = Array.from(text.replace(/\p{C}/gu, "?"));
  return plain.length <= width ? plain.join("") : `${plain.slice(0, width - 1).join("")}…`;
}

function stateLines({ stopped, alarms, incidents }: Overview): readonly ScreenLine[] {
  const open = incidents.filter((one) => one.open).length;
  if (stopped !== undefined) return [{ look: "bad", text: `STOPPED ACTING: ${stopped}` }];
  if (open > 0) return [{ look: "bad", text: `${open} incident(s) open, see below` }];
  const [alarm] = alarms;
  if (alarm !== undefined) return [{ look: "bad", text: `ALARM ${alarm}` }];
  return [{ look: "good", text: "nothing is wrong" }];
}

function balanceLine({ balance }: Overview): ScreenLine {
  const lasts = balance.lasts === undefined ? "" : `, lasts ${balance.lasts} ${balance.basis}`;
  const text = `balance ${balance.free ?? "unknown"}${lasts}; a day: ${balance.spentPerDay} spent, ${balance.earnedPerDay} earned`;
  return { look: balance.low ? "bad" : "plain", text };
}

const bars = "▁▂▃▄▅▆▇█";

function trafficLine({ live, totals }: Overview, width: number): ScreenLine {
  const last = live.at(-1);
  const now =
    last === undefined
      ? "measuring"
      : `sends ${rateText(last.sentBits)}, receives ${rateText(last.receivedBits)}`;
  const text = `traffic ${now} (in all ${totals.sent} sent, ${totals.received} received) `;
  const points = live.slice(-Math.max(0, Math.min(40, width - text.length)));
  const highest = Math.max(1, ...points.map(({ sentBits }) => sentBits));
  const line = points.map(({ sentBits }) => bars[Math.floor((sentBits / highest) * 7)] ?? "▁");
  return { look: "plain", text: `${text}${line.join("")}` };
}

function rateText(bits: number): string {
  if (bits >= 1e9) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  return `${(bits / 1e3).toFixed(0)} kbit/s`;
}

const columns: readonly (readonly [string, (one: NeighbourView) => string])[] = [
  ["neighbour", (one) => one.name],
  ["state", (one) => one.state],
  ["credit", (one) => `${Math.round(one.exposureShare / 10)} %`],
  ["we pay", (one) => one.wePay],
  ["we charge", (one) => one.weCharge],
  ["sent", (one) => one.sent],
  ["received", (one) => one.received],
  ["paid", (one) => one.paid],
  ["earned", (one) => one.earned],
  ["loss", (one) => one.loss],
  ["delay", (one) => one.delay],
];

/** As many columns as there is room for, from the left. */
function neighbourTable(
  neighbours: readonly NeighbourView[],
  width: number,
): readonly ScreenLine[] {
  if (neighbours.length === 0) return [{ look: "soft", text: "no neighbours yet" }];
  const all = columns.map(([head, of]) => {
    const cells = neighbours.map(of);
    return { head, cells, width: Math.max(head.length, ...cells.map((one) => one.length)) };
  });
  let room = width + 2;
  const fitting = all.filter((column) => {
    room -= column.width + 2;
    return room >= 0;
  });
  const row = (texts: readonly string[]) =>
    texts.map((text, i) => text.padEnd(fitting[i]?.width ?? 0)).join("  ");
  return [
    { look: "soft", text: row(fitting.map(({ head }) => head)) },
    ...neighbours.map(({ state }, i): ScreenLine => {
      const look = state === "open" ? "plain" : state === "silent" ? "soft" : "bad";
      return { look, text: row(fitting.map(({ cells }) => cells[i] ?? "")) };
    }),
  ];
}

function incidentLines({ kind, subject, detected, advice }: IncidentView): readonly ScreenLine[] {
  return [
    blank,
    { look: "bad", text: `${kind}${subject === "" ? "" : ` (${subject})`}: ${detected}` },
    { look: "plain", text: `  -> ${advice}` },
  ];
}

function routeLines({ routes, routing }: Overview): readonly ScreenLine[] {
  if (routing === undefined || routes.length === 0) return [];
  return [
    blank,
    { look: "soft", text: `routes (the routing daemon is ${routing})` },
    ...routes.map(({ prefix, via, price, loss, delay, why }): ScreenLine => {
      return { look: "plain", text: `${prefix} via ${via}  ${price}  ${loss}  ${delay}  ${why}` };
    }),
  ];
}
