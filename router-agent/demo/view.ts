import { bytesText } from "#agent/cli/money-text.ts";
import type { HopSample } from "./hop.ts";
import { millionths, perGigabyte, table } from "./table.ts";
import type { Ending, Telling } from "./telling.ts";

/** How the story is shown: drawn anew on a terminal, line by line elsewhere. */
export interface View {
  /** Something on the way, before the story begins. */
  readonly say: (words: string) => void;
  readonly tell: (what: Telling) => void;
  readonly end: (ending: Ending) => void;
  readonly fail: (why: string) => void;
}

/** Where a view draws. */
export interface ViewOptions {
  /** Draws in place and in colour. */
  readonly live: boolean;
  /** Columns of the terminal now: longer lines are cut where lines are drawn in place. */
  readonly width: () => number;
}

/** How often a plain view shows the routers: every so many samples. */
const plainEvery = 12;

const colours = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Writes text in a colour, or as it is. */
export type Paint = (colour: keyof typeof colours, text: string) => string;

/** A view that prints through `write`. What happened scrolls by; what is now stays below it. */
export function view(write: (text: string) => void, { live, width }: ViewOptions): View {
  const paint: Paint = (colour, text) =>
    live ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;
  let panel: readonly string[] = [];
  let samples = 0;
  let before: readonly HopSample[] = [];
  let progress = "";
  const clear = live
    ? () => (panel.length > 0 ? `\u001b[${panel.length}A\u001b[0J` : "")
    : () => "";
  const cursor = (shown: boolean) => (live ? `\u001b[?25${shown ? "h" : "l"}` : "");
  /** Lines that stay, and the panel under them. */
  const log = (lines: readonly string[]): void => {
    const wiped = clear();
    const kept = live ? panel : [];
    write(`${wiped}${[...lines, ...kept].join("\n")}\n`);
  };
  const draw = (lines: readonly string[]): void => {
    const wiped = clear();
    panel = live ? lines.map((line) => clip(line, width() - 1)) : [];
    write(`${cursor(false)}${wiped}${(live ? panel : lines).join("\n")}\n`);
  };
  const leave = (text: string): void => {
    panel = [];
    write(`${text}\n${cursor(true)}`);
  };
  write(`\n${paint("bold", "meshtoll: three routers sell bandwidth to each other")}\n`);
  return {
    say: (words) => log([paint("dim", `  ${words}`)]),
    tell(what) {
      switch (what.fact) {
        case "phase":
          samples = 0;
          progress = bar(what.phase, what.of);
          return log([
            "",
            paint("cyan", `[${what.phase}/${what.of}] ${what.title}`),
            paint("dim", `      ${what.why}`),
          ]);
        case "check":
          return log([checkLine(what, paint, live ? width() : undefined)]);
        case "sample": {
          samples += 1;
          const lines = picture(what, before, paint, progress, samples);
          before = what.hops;
          if (live || samples % plainEvery === 0) draw(lines);
        }
      }
    },
    end: (ending) => leave(table(ending, paint)),
    fail: (why) => leave(`\n${paint("red", `FAILED: ${why}`)}`),
  };
}

function checkLine(
  { holds, claim, found }: Extract<Telling, { readonly fact: "check" }>,
  paint: Paint,
  width: number | undefined,
): string {
  const sign = holds ? paint("green", "ok") : paint("red", "NO");
  const line = `   ${sign} ${claim} ${paint("dim", `(${found})`)}`;
  return width === undefined || !holds ? line : clip(line, width - 1);
}

/** The line of routers, and what both ends of every hop say. */
function picture(
  { hops, rss, at }: Extract<Telling, { readonly fact: "sample" }>,
  before: readonly HopSample[],
  paint: Paint,
  progress: string,
  frame: number,
): readonly string[] {
  const [ab, bc, cb] = hops.map((hop, i) => arrow(hop, before[i], paint, frame));
  const memory = Object.entries(rss).map(([name, bytes]) => `${name} ${bytesText(BigInt(bytes))}`);
  const head = "   hop         sent  received    lost      owed  expected      paid  credit";
  return [
    "",
    `   a ${ab} b ${bc} c -> internet     back: c ${cb} b`,
    paint("dim", head),
    ...hops.map((hop) => row(hop, paint)),
    paint("dim", "   money: millionths of a USDC; credit: how much of the limit is used"),
    paint(
      "dim",
      `   ${progress} ${Math.floor(at / 1000)} s   memory of the agents: ${memory.join(", ")}`,
    ),
  ];
}

/** Moves while bytes do. */
function arrow(hop: HopSample, before: HopSample | undefined, paint: Paint, frame: number): string {
  if (hop.standing === "throttled") return paint("red", "..throttled..>");
  const moves = before !== undefined && hop.received > before.received;
  const shaft = moves ? [">===", "=>==", "==>="][frame % 3] : "----";
  return paint(
    moves ? "green" : "dim",
    `${shaft} ${perGigabyte(hop.price)}/GB ${moves ? "==" : "--"}>`,
  );
}

function row(hop: HopSample, paint: Paint): string {
  const lost = hop.sent > hop.received ? ((hop.sent - hop.received) * 1000n) / hop.sent : 0n;
  const bound = hop.exposureBound;
  const credit = bound > 0n ? (hop.exposure * 100n) / bound : 0n;
  const cells = [
    bytesText(hop.sent).padStart(10),
    bytesText(hop.received).padStart(10),
    `${lost / 10n}.${lost % 10n} %`.padStart(8),
    millionths(hop.owed).padStart(10),
    millionths(hop.expected).padStart(10),
    millionths(hop.credited).padStart(10),
    `${credit} %`.padStart(8),
  ].join("");
  const line = `   ${hop.payer} -> ${hop.payee}${cells}`;
  return hop.standing === "throttled" ? paint("yellow", line) : line;
}

function bar(phase: number, of: number): string {
  return `[${"#".repeat(phase)}${"-".repeat(of - phase)}]`;
}

/** Cuts a line to so many columns; colours take none. */
function clip(line: string, columns: number): string {
  const [first = "", ...rest] = line.split("\u001b[");
  let left = columns - first.length;
  return rest.reduce(
    (out, part) => {
      const end = part.indexOf("m") + 1;
      const text = part.slice(end, end + Math.max(0, left));
      left -= part.length - end;
      return `${out}\u001b[${part.slice(0, end)}${text}`;
    },
    first.slice(0, Math.max(0, columns)),
  );
}
