import type { LivePoint, Overview, UsagePoint } from "../overview-form.ts";
import { type Chart, ChartFigure } from "./chart.ts";
import { moneyUnit, scaledUnit } from "./scale.ts";

/** Hours that are drawn one by one. */
const hoursShown = 48;

const figures = {
  traffic: new ChartFigure(),
  money: new ChartFigure(),
  trafficHours: new ChartFigure(),
  moneyHours: new ChartFigure(),
};

/** Draws all plots into their place. */
export function showPlots(container: HTMLElement, { live, usage, token, history }: Overview): void {
  if (!container.hasChildNodes()) {
    container.append(...Object.values(figures).map(({ figure }) => figure));
  }
  figures.traffic.show({
    ...liveAxis(live),
    title: "Paid traffic now",
    series: [
      { label: "sent", values: live.map((one) => one.sentBits) },
      { label: "received", values: live.map((one) => one.receivedBits) },
    ],
    unitOf: (highest) => scaledUnit(highest, "bit/s"),
  });
  figures.money.show({
    ...liveAxis(live),
    title: "Price of it, for an hour",
    series: [
      { label: "we owe", values: live.map((one) => Number(one.spentPerHour)) },
      { label: "we earn", values: live.map((one) => Number(one.earnedPerHour)) },
    ],
    unitOf: (highest) => {
      const { unit, divisor } = moneyUnit(highest, token);
      return { unit: `${unit}/h`, divisor };
    },
  });
  const hours = hourly(usage);
  figures.trafficHours.show({
    ...hourAxis(hours, history),
    title: "Paid traffic by the hour",
    series: [
      { label: "sent", values: hours.map((one) => Number(one.sent)) },
      { label: "received", values: hours.map((one) => Number(one.received)) },
    ],
    unitOf: (highest) => scaledUnit(highest, "B"),
  });
  figures.moneyHours.show({
    ...hourAxis(hours, history),
    title: "Settled by the hour",
    series: [
      { label: "paid", values: hours.map((one) => Number(one.paid)) },
      { label: "earned", values: hours.map((one) => Number(one.earned)) },
    ],
    unitOf: (highest) => moneyUnit(highest, token),
  });
}

function liveAxis(
  live: readonly LivePoint[],
): Pick<Chart, "kind" | "places" | "placeText" | "marks" | "empty"> {
  const oldest = live[0]?.ago ?? 0;
  const unit = oldest > 150 ? 60 : 1;
  const step = [10, 15, 30, 60, 120, 300, 600].find((one) => oldest / one <= 5) ?? 600;
  const marks = Array.from({ length: Math.floor(oldest / step) + 1 }, (_, i) => i * step);
  return {
    kind: "lines",
    places: live.map(({ ago }) => -ago),
    placeText: (at) => (at === 0 ? "now" : `${timeAgo(-at)} ago`),
    marks: marks.map((ago) => ({
      place: -ago,
      text: ago === 0 ? "now" : `-${ago / unit} ${unit === 60 ? "min" : "s"}`,
    })),
    empty: "The first measures come in a few seconds.",
  };
}

function timeAgo(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** The last hours without a gap: where nothing passed there is a 0. */
function hourly(usage: readonly UsagePoint[]): readonly UsagePoint[] {
  const last = usage.at(-1)?.from;
  const first = usage[0]?.from;
  if (last === undefined || first === undefined) return [];
  const begin = Math.max(first, last - (hoursShown - 1) * 3600);
  const known = new Map(usage.map((one) => [one.from, one]));
  const length = (last - begin) / 3600 + 1;
  return Array.from({ length }, (_, i) => {
    const from = begin + i * 3600;
    return known.get(from) ?? { from, sent: "0", received: "0", paid: "0", earned: "0" };
  });
}

function hourAxis(
  hours: readonly UsagePoint[],
  history: string,
): Pick<Chart, "kind" | "places" | "placeText" | "marks" | "empty"> {
  const step = [1, 2, 3, 6, 12].find((one) => hours.length / one <= 5) ?? 12;
  const marked = hours.filter(({ from }) => new Date(from * 1000).getHours() % step === 0);
  return {
    kind: "bars",
    places: hours.map(({ from }) => from),
    placeText: (at) => `${dayText(at)} ${hourText(at)}`,
    marks: marked.map(({ from }) => ({
      place: from,
      text: new Date(from * 1000).getHours() === 0 ? dayText(from) : hourText(from),
    })),
    empty: history === "" ? "No hour with a known time yet." : history,
  };
}

function hourText(seconds: number): string {
  return `${String(new Date(seconds * 1000).getHours()).padStart(2, "0")}:00`;
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}
