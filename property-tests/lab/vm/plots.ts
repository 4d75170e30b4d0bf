import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { latencyPlot } from "./latency-plot.ts";

/** Milliseconds between two probes of the experiments. */
const every = 20;

interface Phase {
  readonly series: readonly number[];
}

const colours = ["#1b7f3b", "#b3261e", "#3457a6"] as const;

/** What the experiments with delays are plotted as. */
const plotted = {
  latency: {
    title: "One-way delay beside a TCP stream",
    phases: { ours: "our queues", without: "without them", idle: "no stream" },
  },
  control: {
    title: "Control messages of a throttled neighbour that floods",
    phases: { control: "control class", ordinary: "without a share", idle: "no flood" },
  },
} as const;

/** Writes the pictures of what was found to a directory, as NAME.svg. @returns their paths. */
export function writePlots(
  directory: string,
  told: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.entries(plotted).flatMap(([name, { title, phases }]) => {
    const found = told[name] as Readonly<Record<string, Phase | undefined>> | undefined;
    if (found === undefined) return [];
    const series = Object.entries(phases).map(([key, words], i) => ({
      name: words,
      colour: colours[i] ?? "#000",
      delays: found[key]?.series ?? [],
    }));
    mkdirSync(directory, { recursive: true });
    const path = join(directory, `${name}.svg`);
    writeFileSync(path, latencyPlot(title, every, series));
    return [path];
  });
}
