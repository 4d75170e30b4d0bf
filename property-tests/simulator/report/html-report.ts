import { amount, bytes, grouped, rough } from "#agent/audit/report/amount.ts";
import { type Chart, chart, type Line } from "#agent/audit/report/chart.ts";
import { escaped } from "#agent/audit/report/markup.ts";
import { paymentMap } from "#agent/audit/report/payment-map.ts";
import { style } from "#agent/audit/report/style.ts";
import type { Result } from "../network/result.ts";
import type { Scenario } from "../scenario/scenario.ts";
import type { Sample } from "./time-series.ts";

/** Everything a report shows. */
export interface ReportInput {
  /** What the page is called. */
  readonly name: string;
  readonly scenario: Scenario;
  readonly result: Result;
  readonly samples: readonly Sample[];
}

/** Nothing from outside, no script: what the page may do at most. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

/** Money of a scenario has no name but grains. */
const money = { name: "grains", places: 0 } as const;

/** At most so many lines in one plot: as many as there are colours. */
const lineLimit = 4;

/** At most so many rows of a table. */
const rowLimit = 500;

/** A run as one page for an operator: who earns what, over which hops, and when. */
export function htmlReport(input: ReportInput): string {
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Simulation of ${escaped(input.name)}</title><style>${style}</style></head><body>`,
    summary(input),
    "<h2>Payment map</h2>",
    map(input) || '<p class="soft">Nobody paid anybody.</p>',
    '<p class="soft">Arrows are money, the wider the more. Green nodes earned more than they paid, orange ones paid more than they earned.</p>',
    "<h2>Who earns what</h2>",
    earnings(input),
    "<h2>Over time</h2>",
    `<div class="plots">${plots(input).join("")}</div>`,
    "<h2>Flows</h2>",
    flows(input),
    "<h2>Hops</h2>",
    hops(input),
    faults(input),
    "</body></html>\n",
  ].join("\n");
}

function summary({ name, scenario, result }: ReportInput): string {
  const { violations, falseThrottles, steps, seed, digest } = result;
  const isFine = violations.length + falseThrottles === 0;
  const total = (of: (one: Result["flows"][number]) => string) =>
    result.flows.reduce((sum, one) => sum + BigInt(of(one)), 0n);
  const facts = [
    [bytes(total((one) => one.arrived)), "arrived"],
    [bytes(total((one) => one.lost)), "lost on the way"],
    [bytes(total((one) => one.arrivedFree)), "rode the free class"],
    [grouped(String(scenario.nodes.length)), "nodes"],
    [grouped(String(result.faults.length)), "faults"],
    [grouped(String(steps)), "steps"],
  ];
  return [
    `<h1>Simulation of ${escaped(name)}</h1>`,
    `<p><span class="verdict${isFine ? " agree" : ""}">${isFine ? "Nothing violated" : "Violated"}</span> <span class="soft">seed ${seed}, digest <code>${escaped(digest.slice(0, 16))}</code></span></p>`,
    ...violations.map(
      ({ theorem, step, payer, payee, words }) =>
        `<p>${escaped(`${theorem} in step ${step}, ${payer} towards ${payee}: ${words}`)}</p>`,
    ),
    `<ul class="facts">${facts.map(([value = "", label = ""]) => `<li><b>${escaped(value)}</b><span>${label}</span></li>`).join("")}</ul>`,
  ].join("");
}

function map({ result }: ReportInput): string {
  const nodes = result.earnings.map(({ node, credited, signed }) => {
    return { node, name: node, paid: BigInt(signed), received: BigInt(credited), known: true };
  });
  const accounts = result.hops.map(({ payer, payee, signed, credited }) => {
    return { payer, payee, signed: BigInt(signed), credited: BigInt(credited) };
  });
  return paymentMap({ nodes, accounts, money });
}

type Cell = string | bigint | number;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const shown = (cell: Cell) => (typeof cell === "bigint" ? amount(cell, money) : String(cell));
  const lines = rows
    .slice(0, rowLimit)
    .map((row) => `<tr>${row.map((cell) => `<td>${escaped(shown(cell))}</td>`).join("")}</tr>`);
  const head = heads.map((one) => `<th>${escaped(one)}</th>`).join("");
  const more =
    rows.length > rowLimit ? `<p>${rows.length - rowLimit} more are in the JSON.</p>` : "";
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${lines.join("")}</tbody></table></div>${more}`;
}

function earnings({ scenario, result, samples }: ReportInput): string {
  const last = samples.at(-1);
  const places = new Map(scenario.nodes.map(({ id }, i) => [id, i]));
  const rows = result.earnings.map(({ node, credited, signed, net }): readonly Cell[] => {
    const fee = last?.fees[places.get(node) ?? -1] ?? 0n;
    return [node, fee, BigInt(credited), BigInt(signed), BigInt(net)];
  });
  const byNet = rows.toSorted((a, b) => ((a[4] ?? 0n) < (b[4] ?? 0n) ? 1 : -1));
  return table(["node", "fee a byte", "earned", "paid", "left over"], byNet);
}

function flows({ result }: ReportInput): string {
  return table(
    ["from", "to", "wanted", "arrived", "free", "lost", "done in step"],
    result.flows.map(({ from, to, bytes: wanted, arrived, arrivedFree, lost, doneAt }) => [
      from,
      to,
      bytes(BigInt(wanted)),
      bytes(BigInt(arrived)),
      bytes(BigInt(arrivedFree)),
      bytes(BigInt(lost)),
      doneAt ?? "not done",
    ]),
  );
}

function hops({ result }: ReportInput): string {
  return table(
    ["payer", "payee", "sent", "received", "owed", "expected", "signed", "credited", "overpaid"],
    result.hops.map((hop) => [
      hop.payer,
      hop.payee,
      bytes(BigInt(hop.sent)),
      bytes(BigInt(hop.received)),
      ...[hop.owed, hop.expected, hop.signed, hop.credited, hop.overpaid].map(BigInt),
    ]),
  );
}

function faults({ result }: ReportInput): string {
  if (result.faults.length === 0) return "";
  const rows = result.faults.map(({ step, node, kind }) => [step, node, kind]);
  return `<h2>Faults</h2>${table(["step", "node", "kind"], rows)}`;
}

function plots({ scenario, samples }: ReportInput): readonly string[] {
  const names = scenario.nodes.map(({ id }) => id);
  const flowNames = scenario.flows.map(({ from, to }) => `${from} to ${to}`);
  const grains = (value: bigint) => rough(value, money);
  const plot = (
    title: string,
    labels: readonly string[],
    of: (sample: Sample) => readonly bigint[],
    y: Chart["y"],
  ) =>
    chart({
      title,
      lines: largest(labels, samples, of),
      end: BigInt(samples.at(-1)?.step ?? 0),
      x: (at) => `step ${at}`,
      y,
    });
  return [
    plot("Earned, grains", names, ({ earned }) => earned, grains),
    plot("Paid, grains", names, ({ spent }) => spent, grains),
    plot("Fees, grains a byte", names, ({ fees }) => fees, grains),
    plot("Arrived", flowNames, ({ arrived }) => arrived, bytes),
  ];
}

/** The lines that end highest. */
function largest(
  labels: readonly string[],
  samples: readonly Sample[],
  of: (sample: Sample) => readonly bigint[],
): readonly Line[] {
  const last = samples.at(-1);
  const ends = last === undefined ? [] : of(last);
  return labels
    .map((label, i) => ({ label, i, end: ends[i] ?? 0n }))
    .filter(({ end }) => end > 0n)
    .toSorted((a, b) => (a.end < b.end ? 1 : a.end > b.end ? -1 : a.i - b.i))
    .slice(0, lineLimit)
    .map(({ label, i }, place) => ({
      label,
      look: `series-${place + 1}`,
      steps: true,
      points: samples.map((sample) => ({ at: BigInt(sample.step), value: of(sample)[i] ?? 0n })),
    }));
}
