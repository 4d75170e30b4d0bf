import { element, shape } from "./element.ts";
import { type ScaledUnit, ticks, tickText, valueText } from "./scale.ts";

/** What a chart shows: up to two series over the same places, from left to right. */
export interface Chart {
  readonly title: string;
  readonly kind: "lines" | "bars";
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
  /** Where each value stands: on a scale of its own, growing. */
  readonly places: readonly number[];
  /** How a place is called in the reading below the chart. */
  readonly placeText: (place: number) => string;
  /** Places with a mark on the axis, and what it says. */
  readonly marks: readonly { readonly place: number; readonly text: string }[];
  readonly unitOf: (highest: number) => ScaledUnit;
  /** Said where there is nothing to show. */
  readonly empty: string;
}

const size = { height: 190, left: 52, right: 10, top: 22, bottom: 24, least: 240 } as const;

interface Scales {
  readonly x: (place: number) => number;
  readonly y: (value: number) => number;
  readonly width: number;
  readonly steps: readonly number[];
  readonly unit: ScaledUnit;
}

/** A figure that draws itself anew whenever its width changes. */
export class ChartFigure {
  readonly figure: HTMLElement = element("figure");
  #chart: Chart | undefined;
  #width = 0;

  constructor() {
    new ResizeObserver(() => {
      if (this.#width !== this.figure.clientWidth) this.#draw();
    }).observe(this.figure);
  }

  show(chart: Chart): void {
    this.#chart = chart;
    this.#draw();
  }

  #draw(): void {
    const chart = this.#chart;
    if (chart === undefined) return;
    this.#width = this.figure.clientWidth;
    const keys = chart.series.map(({ label }, i) =>
      element("span", { class: `key series-${i + 1}` }, label),
    );
    const caption = element(
      "figcaption",
      {},
      chart.title,
      element("span", { class: "keys" }, ...keys),
    );
    if (chart.places.length === 0) {
      this.figure.replaceChildren(caption, element("div", { class: "empty" }, chart.empty));
      return;
    }
    const reading = element("div", { class: "reading" });
    const drawn = drawing(chart, Math.max(size.least, this.#width - 26), (text) => {
      reading.textContent = text;
    });
    this.figure.replaceChildren(caption, drawn, reading);
  }
}

function drawing(chart: Chart, width: number, tell: (text: string) => void): SVGElement {
  const scales = scalesOf(chart, width);
  const svg = shape(
    "svg",
    {
      viewBox: `0 0 ${width} ${size.height}`,
      width,
      height: size.height,
      role: "img",
      tabindex: 0,
      "aria-label": summary(chart, scales),
    },
    ...axes(chart, scales),
    ...chart.series.flatMap((one, i) =>
      chart.kind === "lines"
        ? line(one.values, i + 1, chart, scales)
        : bars(one.values, i, chart, scales),
    ),
  );
  follow(svg, chart, scales, tell);
  return svg;
}

function scalesOf({ series, places, unitOf, kind }: Chart, width: number): Scales {
  const highest = Math.max(0, ...series.flatMap(({ values }) => values));
  const unit = unitOf(highest);
  const steps = ticks(highest / unit.divisor, 4);
  const top = (steps.at(-1) ?? 1) * unit.divisor;
  const first = places[0] ?? 0;
  const last = places.at(-1) ?? 1;
  // Bars need half a place of room at either end.
  const pad = kind === "bars" ? (last - first) / Math.max(1, places.length - 1) / 2 || 1 : 0;
  const span = last - first + 2 * pad || 1;
  const inner = width - size.left - size.right;
  const high = size.height - size.top - size.bottom;
  return {
    x: (at) => size.left + ((at - first + pad) / span) * inner,
    y: (value) => size.top + high - (value / top) * high,
    width,
    steps,
    unit,
  };
}

function axes({ marks }: Chart, { x, y, width, steps, unit }: Scales): readonly SVGElement[] {
  const step = (steps[1] ?? 1) - (steps[0] ?? 0);
  const rows = steps.flatMap((value) => {
    const at = y(value * unit.divisor);
    return [
      shape("line", { class: "grid", x1: size.left, x2: width - size.right, y1: at, y2: at }),
      shape(
        "text",
        { class: "tick", x: size.left - 6, y: at + 4, "text-anchor": "end" },
        tickText(value, step),
      ),
    ];
  });
  const bottom = size.height - 7;
  const columns = marks.map(({ place, text }, i) => {
    const edge = i === 0 && x(place) < size.left + 20;
    const end = x(place) > width - size.right - 24;
    const anchor = edge ? "start" : end ? "end" : "middle";
    return shape("text", { class: "tick", x: x(place), y: bottom, "text-anchor": anchor }, text);
  });
  return [...rows, ...columns, shape("text", { class: "tick", x: 0, y: 11 }, unit.unit)];
}

function line(
  values: readonly number[],
  number: number,
  { places }: Chart,
  { x, y }: Scales,
): readonly SVGElement[] {
  const points = values.map((value, i) => `${x(places[i] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`);
  const path = `M${points.join("L")}`;
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  const area = `${path}L${x(last).toFixed(1)} ${y(0)}L${x(first).toFixed(1)} ${y(0)}Z`;
  return [
    ...(number === 1 ? [shape("path", { class: `area series-${number}`, d: area })] : []),
    shape("path", { class: `line series-${number}`, d: path }),
  ];
}

function bars(
  values: readonly number[],
  index: number,
  { places, series }: Chart,
  { x, y }: Scales,
): readonly SVGElement[] {
  const gap = places.length > 1 ? x(places[1] ?? 0) - x(places[0] ?? 0) : 60;
  const wide = Math.max(1, Math.min(28, (gap * 0.8) / series.length));
  return values.flatMap((value, i) => {
    if (value <= 0) return [];
    const left = x(places[i] ?? 0) - (wide * series.length) / 2 + index * wide;
    const height = Math.max(1, y(0) - y(value));
    return [
      shape("rect", {
        class: `bar series-${index + 1}`,
        x: left.toFixed(1),
        y: (y(0) - height).toFixed(1),
        width: wide.toFixed(1),
        height: height.toFixed(1),
      }),
    ];
  });
}

/** The newest values in words, for those who do not see the picture. */
function summary(chart: Chart, scales: Scales): string {
  return `${chart.title}. ${readingAt(chart, scales, chart.places.length - 1)}. Arrow keys read older values.`;
}

function readingAt({ series, places, placeText }: Chart, { unit }: Scales, index: number): string {
  const parts = series.map(
    ({ label, values }) =>
      `${label} ${valueText((values[index] ?? 0) / unit.divisor)} ${unit.unit}`,
  );
  return `${placeText(places[index] ?? 0)}: ${parts.join(", ")}`;
}

/** Reads the value under the pointer, or by arrow keys; the newest one where nobody points. */
function follow(svg: SVGElement, chart: Chart, scales: Scales, tell: (text: string) => void): void {
  const { places } = chart;
  const newest = places.length - 1;
  let chosen = newest;
  const cursor = shape("line", { class: "cursor", y1: size.top, y2: size.height - size.bottom });
  const choose = (index: number): void => {
    chosen = Math.max(0, Math.min(newest, index));
    const at = scales.x(places[chosen] ?? 0).toFixed(1);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    if (!cursor.isConnected) svg.append(cursor);
    tell(readingAt(chart, scales, chosen));
  };
  const leave = (): void => {
    cursor.remove();
    chosen = newest;
    tell(readingAt(chart, scales, newest));
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * scales.width;
    const distance = (place: number): number => Math.abs(scales.x(place) - at);
    choose(
      places.reduce(
        (best, place, i) => (distance(place) < distance(places[best] ?? 0) ? i : best),
        0,
      ),
    );
  });
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("blur", leave);
  svg.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    choose(chosen + (event.key === "ArrowLeft" ? -1 : 1));
  });
  leave();
}
