import { bytesText } from "#agent/cli/money-text.ts";
import { demoToken } from "./demo-config.ts";
import type { Ending, HopEnding } from "./telling.ts";
import type { Paint } from "./view.ts";

/** Grains of a whole token. */
const scale = 10n ** BigInt(demoToken.decimals) * demoToken.grainsPerUnit;

/** Digits behind the point in the table. */
const digits = 9;

/** Columns of the table: with three hops it fits 80. */
const titleWidth = 30;
const cellWidth = 15;

const rows: readonly (readonly [string, (hop: HopEnding) => string])[] = [
  ["bytes sent", (hop) => grouped(hop.sent)],
  ["bytes received", (hop) => grouped(hop.received)],
  ["bytes leapt (counter lost)", (hop) => grouped(hop.leapt)],
  ["owed for what was sent", (hop) => tokens(hop.owed)],
  ["expected for what arrived", (hop) => tokens(hop.expected)],
  ["paid: signed", (hop) => tokens(hop.signed)],
  ["paid: credited", (hop) => tokens(hop.credited)],
  ["overpaid: loss, lost counter", (hop) => tokens(hop.overpaid)],
  ["credit given at worst", (hop) => tokens(hop.worstExposure)],
  ["  of at most", (hop) => tokens(hop.exposureBound)],
];

/** The end of the story, for people. */
export function table(ending: Ending, paint: Paint): string {
  const line = (title: string, cells: readonly string[]) =>
    `   ${title.padEnd(titleWidth)}${cells.map((cell) => cell.padStart(cellWidth)).join("")}`;
  const { hops, checks } = ending;
  const failed = checks.filter((check) => !check.holds);
  const title = `in ${demoToken.symbol}`;
  return [
    "",
    paint(
      "bold",
      line(
        title,
        hops.map(({ names }) => names.join(" -> ")),
      ),
    ),
    ...rows.map(([name, cell]) => line(name, hops.map(cell))),
    "",
    `   b earned ${tokens(ending.earnedByB)} ${demoToken.symbol}; it throttled the cheat after ${moment(ending.throttledAfter)}`,
    `   and opened again ${moment(ending.reopenedAfter)} after a paid`,
    `   ${memoryWords(ending)}; false throttles: ${ending.falseThrottles}`,
    "",
    failed.length === 0 && ending.passed
      ? paint("green", `passed: ${checks.length} checks; three journals, one truth`)
      : paint("red", `FAILED: ${failed.map(({ claim }) => claim).join("; ")}`),
  ].join("\n");
}

/** In memory all three are in one process. */
function memoryWords({ rss, mode }: Ending): string {
  if (mode === "memory") return `memory of all in one process: ${bytesText(BigInt(rss.b))}`;
  const each = Object.entries(rss).map(([name, bytes]) => `${name} ${bytesText(BigInt(bytes))}`);
  return `memory of the agents: ${each.join(", ")}`;
}

function moment({ milliseconds }: Ending["throttledAfter"]): string {
  return milliseconds < 0 ? "never" : `${milliseconds} ms`;
}

/** Tokens with {@link digits} digits, cut. */
function tokens(grains: bigint): string {
  const absolute = grains < 0n ? -grains : grains;
  const cut = (absolute * 10n ** BigInt(digits)) / scale;
  const text = cut.toString().padStart(digits + 1, "0");
  return `${grains < 0n ? "-" : ""}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Millionths of a token, two digits. */
export function millionths(grains: bigint): string {
  const cut = (grains * 100_000_000n) / scale;
  const text = cut.toString().padStart(3, "0");
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}

/** A price as people say it: tokens a gigabyte. */
export function perGigabyte(grains: bigint): string {
  return tokens(grains * 10n ** 9n).replace(/0{1,7}$/, "");
}

function grouped(count: bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
