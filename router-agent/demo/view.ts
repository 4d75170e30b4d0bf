import { bytesText, moneyText } from "#agent/cli/money-text.ts";
import type { HopSample } from "./hop.ts";
import type { Ending, Telling } from "./story.ts";

/** How the story is shown: drawn anew on a terminal, line by line elsewhere. */
export interface View {
  readonly tell: (what: Telling) => void;
  readonly end: (ending: Ending) => void;
}

const token = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n };

/** How often a plain view prints a sample. */
const plainEvery = 12;

/** A view that prints through `write`. `live` draws in place and in colour. */
export function view(write: (text: string) => void, live: boolean, note: string): View {
  const colour = (code: number, text: string) => (live ? `\u001b[${code}m${text}\u001b[0m` : text);
  let drawn = 0;
  let samples = 0;
  const draw = (lines: readonly string[]): void => {
    if (live && drawn > 0) write(`\u001b[${drawn}A\u001b[0J`);
    write(`${lines.join("\n")}\n`);
    drawn = lines.length;
  };
  write(`\n${colour(1, "meshtoll demo")}: ${note}\n`);
  return {
    tell(what) {
      switch (what.fact) {
        case "phase":
          drawn = 0;
          samples = 0;
          write(`\n${colour(36, `[${what.phase}/${what.of}] ${what.title}`)}\n      ${what.why}\n`);
          return;
        case "check":
          if (live && drawn > 0) write(`\u001b[${drawn}A\u001b[0J`);
          drawn = 0;
          write(
            `      ${what.holds ? colour(32, "ok") : colour(31, "NO")}  ${what.claim} (${what.found})\n`,
          );
          return;
        case "sample":
          samples += 1;
          if (live || samples % plainEvery === 0) draw(picture(what.hops, colour));
          return;
      }
    },
    end: (ending) => write(`${table(ending, colour)}\n`),
  };
}

type Colour = (code: number, text: string) => string;

function picture(hops: readonly HopSample[], colour: Colour): readonly string[] {
  const [ab, bc, cb] = hops;
  const arrow = (hop: HopSample | undefined) =>
    hop?.standing === "throttled"
      ? colour(31, "--throttled-->")
      : colour(32, `== ${perGigabyte(hop?.price ?? 0n)} =>`);
  return [
    `      a ${arrow(ab)} b ${arrow(bc)} c ---> internet      (back: c ${arrow(cb)} b)`,
    ...hops.map(
      (hop) =>
        `      ${hop.payer}->${hop.payee}  sent ${pad(bytesText(hop.sent), 8)} received ${pad(bytesText(hop.received), 8)}  owed ${cents(hop.owed)}  expected ${cents(hop.expected)}  paid ${cents(hop.credited)}  exposure ${cents(hop.exposure)}`,
    ),
  ];
}

/** A price as people say it. */
function perGigabyte(grains: bigint): string {
  return `${moneyText(grains * 10n ** 9n, token).replace(" USDC", "")}/GB`;
}

function cents(grains: bigint): string {
  return pad(moneyText(grains, token).replace(" USDC", ""), 11);
}

function pad(text: string, width: number): string {
  return text.padStart(width);
}

function table(ending: Ending, colour: Colour): string {
  const head = [
    "hop",
    "sent",
    "received",
    "owed",
    "expected",
    "paid",
    "overpaid by loss",
    "exposure",
    "of at most",
  ];
  const rows = ending.hops.map((hop) => [
    hop.names.join(" -> "),
    String(hop.sent),
    String(hop.received),
    plain(hop.owed),
    plain(hop.expected),
    plain(hop.credited),
    plain(hop.overpaid),
    plain(hop.peak),
    plain(hop.exposureBound),
  ]);
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => pad(cell, widths[i] ?? 0)).join("  ");
  const memory = Object.entries(ending.memory).map(
    ([name, bytes]) => `${name} ${bytesText(BigInt(bytes))}`,
  );
  const verdict = ending.passed
    ? colour(32, "passed: three journals, one truth; false throttles 0")
    : colour(31, "FAILED: see the lines marked NO");
  return [
    "",
    colour(1, line(head)),
    ...rows.map(line),
    "      bytes; money in USDC. Loss is paid by who sends: owed is what was sent, expected what arrived.",
    `      memory of the agents: ${memory.join(", ")}`,
    "",
    verdict,
  ].join("\n");
}

function plain(grains: bigint): string {
  return moneyText(grains, token).replace(" USDC", "");
}
