/** A line of the left plot: prices over time, of all sellers at one distance. */
export interface PriceLine {
  readonly distance: number;
  /** At steps that are equally far apart; nothing where nothing was sold. */
  readonly prices: readonly (number | undefined)[];
}

/** What a picture of a market shows. */
export interface MarketPicture {
  readonly title: string;
  readonly steps: number;
  readonly lines: readonly PriceLine[];
  /** Left over by forwarding, on average over the sellers of a distance. Millions of grains. */
  readonly gains: readonly { readonly distance: number; readonly gain: number }[];
}

const size = { width: 760, height: 300 } as const;
const left = { x: 56, y: 40, width: 400, height: 210 } as const;
const right = { x: 540, y: 40, width: 200, height: 210 } as const;
const colours = ["#1b7f3b", "#3457a6", "#b3261e", "#8a5a00", "#6a3d9a", "#00796b", "#555"] as const;

/** So many distances are drawn: further out there is little to see. */
const distanceLimit = 7;

/** Prices over time and earnings by distance as a picture (SVG), without scripts, fonts or anything from elsewhere. */
export function marketPlot({ title, steps, lines, gains }: MarketPicture): string {
  const shown = lines.slice(0, distanceLimit);
  const highest = Math.max(1, ...shown.flatMap(({ prices }) => prices.map((price) => price ?? 0)));
  const most = Math.max(1, ...gains.map(({ gain }) => gain));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<rect width="${size.width}" height="${size.height}" fill="#fff"/>
<text x="${left.x}" y="22" font-size="14">${title}: asked, grains a byte (${steps} steps)</text>
<text x="${right.x}" y="22" font-size="14">left over, millions</text>
${[...grid(left, highest), ...grid(right, most)].join("\n")}
${shown.map((line, i) => priceLine(line, i, highest)).join("\n")}
${gains
  .slice(0, distanceLimit)
  .map((one, i, all) => bar(one, i, all.length, most))
  .join("\n")}
</svg>
`;
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function grid({ x, y, width, height }: Frame, highest: number): readonly string[] {
  return [0, 0.5, 1].map((part) => {
    const at = (y + height * (1 - part)).toFixed(1);
    return `<line x1="${x}" x2="${x + width}" y1="${at}" y2="${at}" stroke="#ccc"/>
<text x="${x - 6}" y="${at}" dy="4" text-anchor="end">${Math.round(highest * part)}</text>`;
  });
}

function colourOf(place: number): string {
  return colours[place % colours.length] ?? "#000";
}

function priceLine({ distance, prices }: PriceLine, place: number, highest: number): string {
  const points = prices.flatMap((price, i) => {
    if (price === undefined) return [];
    const x = left.x + (left.width * i) / Math.max(1, prices.length - 1);
    const y = left.y + left.height * (1 - price / highest);
    return [`${x.toFixed(1)},${y.toFixed(1)}`];
  });
  const hops = distance === 1 ? "uplink" : `${distance - 1} from it`;
  return `<polyline fill="none" stroke="${colourOf(place)}" points="${points.join(" ")}"/>
<text x="${left.x + 62 * place}" y="${size.height - 24}" fill="${colourOf(place)}">${hops}</text>`;
}

function bar(
  { distance, gain }: MarketPicture["gains"][number],
  place: number,
  count: number,
  most: number,
): string {
  const step = right.width / count;
  const height = (right.height * Math.max(0, gain)) / most;
  const x = right.x + step * place;
  const y = right.y + right.height - height;
  return `<rect x="${(x + step * 0.15).toFixed(1)}" y="${y.toFixed(1)}" width="${(step * 0.7).toFixed(1)}" height="${height.toFixed(1)}" fill="${colourOf(place)}"/>
<text x="${(x + step / 2).toFixed(1)}" y="${right.y + right.height + 16}" text-anchor="middle">${distance - 1}</text>`;
}
