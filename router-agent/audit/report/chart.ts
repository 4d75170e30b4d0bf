import type { Point } from "../report-facts.ts";
import { escaped, px } from "./markup.ts";

/** A line of a chart. */
export interface Line {
  readonly label: string;
  /** A class of the page's style: series-1 to series-4. */
  readonly look: string;
  readonly points: readonly Point[];
  /** Stays at a value until the next point, as totals and prices do. */
  readonly steps?: boolean;
}

/** What a chart shows, and how its axes are written. */
export interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly end: bigint;
  readonly x: (at: bigint) => string;
  readonly y: (value: bigint) => string;
  /** A line across: a bound that must not be passed. */
  readonly bound?: { readonly label: string; readonly value: bigint };
}

const size = { width: 460, height: 220, left: 66, right: 12, top: 14, bottom: 30 } as const;

/** A chart as SVG, with its values in words for those who do not see it. */
export function chart({ title, lines, end, x, y, bound }: Chart): string {
  const shown = lines.filter((line) => line.points.length > 0);
  if (shown.length === 0) return "";
  const all = shown.flatMap((line) => line.points);
  const right = all.reduce((most, { at }) => (at > most ? at : most), end);
  const highest = all.reduce((most, { value }) => (value > most ? value : most), 0n);
  const top = bound !== undefined && bound.value > highest ? bound.value : highest;
  const place = scales(right, top);
  const legend = shown
    .map((line) => `<span class="key ${line.look}">${escaped(line.label)}</span>`)
    .join("");
  const boundKey =
    bound === undefined ? "" : `<span class="key bound">${escaped(bound.label)}</span>`;
  const words = shown.map((line) => {
    const last = line.points.at(-1);
    return `${line.label} ends at ${y(last?.value ?? 0n)}`;
  });
  return [
    `<figure><figcaption>${escaped(title)}<span class="keys">${legend}${boundKey}</span></figcaption>`,
    `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(`${title}: ${words.join("; ")}`)}">`,
    grid(place, right, top, x, y),
    bound === undefined ? "" : across(place, bound.value, top),
    ...shown.map((line) => path(line, place, right)),
    "</svg></figure>",
  ].join("");
}

interface Place {
  readonly x: (at: bigint) => number;
  readonly y: (value: bigint) => number;
}

/** Ratios are formed in whole numbers first: positions and money go beyond what floats hold. */
function scales(right: bigint, top: bigint): Place {
  const part = (value: bigint, whole: bigint) =>
    whole === 0n ? 0 : Number((value * 1_000_000n) / whole) / 1_000_000;
  const width = size.width - size.left - size.right;
  const height = size.height - size.top - size.bottom;
  return {
    x: (at) => size.left + width * part(at, right),
    y: (value) => size.top + height * (1 - part(value, top)),
  };
}

const quarters = [0n, 1n, 2n, 3n, 4n] as const;

function grid(place: Place, right: bigint, top: bigint, x: Chart["x"], y: Chart["y"]): string {
  const rows = quarters.map((i) => {
    const value = (top * i) / 4n;
    const at = px(place.y(value));
    return `<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${at}" y2="${at}"/><text class="tick" x="${size.left - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${escaped(y(value))}</text>`;
  });
  const columns = [0n, 2n, 4n].map((i) => {
    const at = (right * i) / 4n;
    const anchor = i === 0n ? "start" : i === 4n ? "end" : "middle";
    return `<text class="tick" x="${px(place.x(at))}" y="${size.height - 10}" text-anchor="${anchor}">${escaped(x(at))}</text>`;
  });
  return [...(top === 0n ? rows.slice(0, 1) : rows), ...columns].join("");
}

function across(place: Place, value: bigint, top: bigint): string {
  if (value > top) return "";
  const at = px(place.y(value));
  return `<line class="bound" x1="${size.left}" x2="${size.width - size.right}" y1="${at}" y2="${at}"/>`;
}

function path({ points, look, steps }: Line, place: Place, right: bigint): string {
  const parts = points.map(({ at, value }, i) => {
    const [x, y] = [px(place.x(at)), px(place.y(value))];
    if (i === 0) return `M${x} ${y}`;
    return steps === true ? `H${x}V${y}` : `L${x} ${y}`;
  });
  const on = steps === true ? `H${px(place.x(right))}` : "";
  return `<path class="line ${look}" d="${parts.join("")}${on}"/>`;
}
