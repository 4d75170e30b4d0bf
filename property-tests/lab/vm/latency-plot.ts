/** One line of the plot: delays in milliseconds, one probe after another. */
export interface PlottedSeries {
  readonly name: string;
  readonly colour: string;
  readonly delays: readonly number[];
}

const width = 720;
const height = 320;
const margin = { left: 56, right: 16, top: 40, bottom: 40 } as const;

/** Delays are shown on a logarithmic scale between these, in milliseconds. */
const range = { least: 1, most: 1000 } as const;

/** Delays over time as a picture (SVG), without scripts, fonts or anything from elsewhere. */
export function latencyPlot(title: string, every: number, all: readonly PlottedSeries[]): string {
  const longest = Math.max(1, ...all.map(({ delays }) => delays.length));
  const inner = {
    width: width - margin.left - margin.right,
    height: height - margin.top - margin.bottom,
  };
  const x = (i: number) => margin.left + (inner.width * i) / longest;
  const y = (delay: number) => {
    const bounded = Math.min(range.most, Math.max(range.least, delay));
    const share = Math.log10(bounded / range.least) / Math.log10(range.most / range.least);
    return margin.top + inner.height * (1 - share);
  };
  const seconds = (longest * every) / 1000;
  const grid = [1, 10, 100, 1000].map(
    (delay) =>
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(delay)}" y2="${y(delay)}" stroke="#ccc"/>
<text x="${margin.left - 6}" y="${y(delay) + 4}" text-anchor="end">${delay} ms</text>`,
  );
  const lines = all.map(({ name, colour, delays }, i) => {
    const points = delays.map((delay, at) => `${x(at).toFixed(1)},${y(delay).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colour}" points="${points.join(" ")}"/>
<text x="${margin.left + 150 * i}" y="${height - 8}" fill="${colour}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${margin.left}" y="22" font-size="14">${title} (${seconds} s)</text>
${[...grid, ...lines].join("\n")}
</svg>
`;
}
