import { type DayReport, dayOfLoad } from "../../day-of-load.ts";
import { report } from "./report.ts";

/**
 * As much of a day's load as fits: looks ten times as often as by default, a payment every other second.
 * What of a day that was is told. A whole day takes a machine that is not emulated: `npm run lab -- day`.
 */
export function loadOfDay(): Promise<DayReport> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  return dayOfLoad({
    program,
    pokeInterval: 100,
    datagrams: 50,
    unit: "seconds",
    settled: 240,
    all: 540,
    onProgress: report,
  });
}
