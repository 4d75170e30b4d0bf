import type { AccountSeries, NodeFacts, ReportFacts } from "../report-facts.ts";
import { exact, rough } from "./amount.ts";
import { escaped, px } from "./markup.ts";

/** At most so many nodes are drawn; a picture of more says nothing. */
export const mapLimit = 150;

const frame = { width: 960, height: 520, margin: 64 } as const;

/** What the picture is made of. */
export interface MapFacts extends Pick<ReportFacts, "nodes" | "money"> {
  readonly accounts: readonly Payments[];
}

/** What one node paid another. */
type Payments = Pick<AccountSeries, "payer" | "payee" | "signed" | "credited">;

/** Nodes and the money that flows between them, as SVG. The same facts give the same picture. */
export function paymentMap({ nodes, accounts, money }: MapFacts): string {
  const shown = nodes.slice(0, mapLimit);
  if (shown.length < 2) return "";
  const flows = flowsOf(accounts);
  const places = layout(shown, flows);
  const most = flows.reduce((all, flow) => (flow.amount > all ? flow.amount : all), 1n);
  const widest = flows.length > 60 ? 4 : 7;
  const edges = flows.map((flow) => edge(flow, places, { most, widest }, money));
  const labels = flows.length <= 24;
  const ys = [...places.values()].map(({ y }) => y);
  const top = Math.min(...ys) - frame.margin;
  const height = Math.max(...ys) + frame.margin - top;
  return [
    `<div class="scroll"><svg class="map" viewBox="0 ${px(top)} ${frame.width} ${px(height)}" role="img" aria-label="Payment map: ${shown.length} nodes, ${flows.length} flows of money; the table of accounts below has every number">`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8Z"/></marker></defs>',
    ...edges.map((one) => one.line),
    ...(labels ? edges.map((one) => one.label) : []),
    ...shown.map((node) => circle(node, places.get(node.node), money, shown.length)),
    "</svg></div>",
    nodes.length > shown.length
      ? `<p>${nodes.length - shown.length} more nodes are in the tables.</p>`
      : "",
  ].join("");
}

/** Money from one node to another over all classes. */
interface Flow {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

function flowsOf(accounts: readonly Payments[]): readonly Flow[] {
  const sums = new Map<string, Flow>();
  for (const { payer, payee, signed, credited } of accounts) {
    const amount = signed > credited ? signed : credited;
    if (amount === 0n) continue;
    const key = `${payer} ${payee}`;
    const before = sums.get(key)?.amount ?? 0n;
    sums.set(key, { from: payer, to: payee, amount: before + amount });
  }
  return [...sums.values()];
}

interface Spot {
  x: number;
  y: number;
}

/**
 * Springs along flows, repulsion between all nodes (Fruchterman and Reingold, 1991), from a circle in
 * the order of the facts: no chance, so that two reports of one network can be laid side by side.
 */
function layout(nodes: readonly NodeFacts[], flows: readonly Flow[]): Map<string, Spot> {
  const spots = new Map<string, Spot>();
  nodes.forEach(({ node }, i) => {
    const angle = (2 * Math.PI * i) / nodes.length + 0.1;
    spots.set(node, { x: Math.cos(angle), y: 0.6 * Math.sin(angle) });
  });
  const ideal = 1.6 / Math.sqrt(nodes.length);
  const rounds = 300;
  for (let round = 0; round < rounds; round++) {
    relax(spots, flows, ideal, 0.12 * (1 - round / rounds));
  }
  return fitted(spots);
}

function relax(
  spots: Map<string, Spot>,
  flows: readonly Flow[],
  ideal: number,
  heat: number,
): void {
  const list = [...spots.entries()];
  const push = new Map(list.map(([node]) => [node, { x: 0, y: 0 }]));
  const shove = (node: string, x: number, y: number): void => {
    const one = push.get(node);
    if (one === undefined) return;
    one.x += x;
    one.y += y;
  };
  for (const [i, [a, p]] of list.entries()) {
    for (const [b, q] of list.slice(i + 1)) {
      const [dx, dy] = [p.x - q.x, p.y - q.y];
      const square = Math.max(dx * dx + dy * dy, 1e-6);
      const force = (ideal * ideal) / square;
      shove(a, dx * force, dy * force);
      shove(b, -dx * force, -dy * force);
    }
  }
  for (const { from, to } of flows) {
    const [p, q] = [spots.get(from), spots.get(to)];
    if (p === undefined || q === undefined) continue;
    const [dx, dy] = [p.x - q.x, p.y - q.y];
    const pull = Math.hypot(dx, dy) / ideal / 2;
    shove(from, -dx * pull, -dy * pull);
    shove(to, dx * pull, dy * pull);
  }
  for (const [node, spot] of list) {
    const { x, y } = push.get(node) ?? { x: 0, y: 0 };
    const length = Math.max(Math.hypot(x, y), 1e-9);
    const step = Math.min(length, heat);
    spot.x += (x / length) * step;
    spot.y += (y / length) * step;
  }
}

/** The picture fills its frame: turned so that it is widest from left to right, then stretched. */
function fitted(spots: Map<string, Spot>): Map<string, Spot> {
  const list = [...spots.values()];
  const centre = { x: mean(list.map(({ x }) => x)), y: mean(list.map(({ y }) => y)) };
  let [xx, yy, xy] = [0, 0, 0];
  for (const spot of list) {
    spot.x -= centre.x;
    spot.y -= centre.y;
    xx += spot.x * spot.x;
    yy += spot.y * spot.y;
    xy += spot.x * spot.y;
  }
  const turn = -0.5 * Math.atan2(2 * xy, xx - yy);
  for (const spot of list) {
    const { x, y } = spot;
    spot.x = x * Math.cos(turn) - y * Math.sin(turn);
    spot.y = x * Math.sin(turn) + y * Math.cos(turn);
  }
  const [wide, high] = [span(list.map(({ x }) => x)), span(list.map(({ y }) => y))];
  const [width, height] = [frame.width - 2 * frame.margin, frame.height - 2 * frame.margin];
  const scale = Math.min(width / Math.max(wide, 0.01), height / Math.max(high, 0.01));
  const [sx, sy] = [
    Math.min(width / Math.max(wide, 0.01), 2 * scale),
    Math.min(height / Math.max(high, 0.01), 2 * scale),
  ];
  const flat = high < 0.05 * wide;
  for (const spot of list) {
    spot.x = frame.width / 2 + spot.x * sx;
    spot.y = frame.height / 2 + spot.y * (flat ? scale : sy);
  }
  return spots;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / Math.max(values.length, 1);
}

function span(values: readonly number[]): number {
  return 2 * Math.max(...values.map(Math.abs));
}

const radiusOf = (count: number): number => (count > 60 ? 9 : count > 20 ? 15 : 26);

function edge(
  flow: Flow,
  places: Map<string, Spot>,
  { most, widest }: { readonly most: bigint; readonly widest: number },
  money: ReportFacts["money"],
) {
  const [a, b] = [places.get(flow.from), places.get(flow.to)];
  if (a === undefined || b === undefined) return { line: "", label: "" };
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.max(Math.hypot(dx, dy), 1);
  const radius = radiusOf(places.size) + 3;
  // To the right of the way, so that money there and back lie side by side.
  const bend = Math.min(36, length / 5);
  const [mx, my] = [(a.x + b.x) / 2 - (dy / length) * bend, (a.y + b.y) / 2 + (dx / length) * bend];
  const from = towards(a, { x: mx, y: my }, radius);
  const to = towards(b, { x: mx, y: my }, radius);
  const part = Math.sqrt(Number((flow.amount * 10_000n) / most) / 10_000);
  const width = px(1 + (widest - 1) * part);
  const words = `${short(flow.from)} paid ${short(flow.to)} ${exact(flow.amount, money)}`;
  const label = `<text class="flow" x="${px((a.x + b.x) / 2 - (dy / length) * (bend * 0.5 + 12))}" y="${px((a.y + b.y) / 2 + (dx / length) * (bend * 0.5 + 12))}" text-anchor="middle" dominant-baseline="middle">${escaped(`${rough(flow.amount, money)} ${money.name}`)}</text>`;
  const line = `<path class="edge" marker-end="url(#tip)" stroke-width="${width}" d="M${px(from.x)} ${px(from.y)}Q${px(mx)} ${px(my)} ${px(to.x)} ${px(to.y)}"><title>${escaped(words)}</title></path>`;
  return { line, label };
}

function towards(from: Spot, to: Spot, by: number): Spot {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.max(Math.hypot(dx, dy), 1);
  return { x: from.x + (dx / length) * by, y: from.y + (dy / length) * by };
}

function short(node: string): string {
  return node.slice(2, 8);
}

function circle(
  node: NodeFacts,
  spot: Spot | undefined,
  money: ReportFacts["money"],
  count: number,
): string {
  if (spot === undefined) return "";
  const net = node.received - node.paid;
  const look = net > 0n ? "earns" : net < 0n ? "spends" : "even";
  const words = `${node.name}: received ${exact(node.received, money)}, paid ${exact(node.paid, money)}, net ${exact(net, money)}${node.known ? "" : "; its own journal is not here"}`;
  const label = count > 60 ? "" : node.name.slice(0, 8);
  return `<g class="node ${look}${node.known ? "" : " unknown"}"><title>${escaped(words)}</title><circle cx="${px(spot.x)}" cy="${px(spot.y)}" r="${radiusOf(count)}"/><text x="${px(spot.x)}" y="${px(spot.y)}" text-anchor="middle" dominant-baseline="central">${escaped(label)}</text></g>`;
}
