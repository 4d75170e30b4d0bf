import { type AccountSeries, drawnLimit, type ReportFacts } from "../report-facts.ts";
import { amount, bytes, exact, grouped, rough } from "./amount.ts";
import { chart } from "./chart.ts";
import { escaped } from "./markup.ts";
import { paymentMap } from "./payment-map.ts";
import { style } from "./style.ts";

/** Nothing from outside, no script: what the page may do at most. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

/** The report as one page that needs nothing else, part by part. */
export function* renderReport(facts: ReportFacts): Generator<string, void> {
  yield `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Audit of ${facts.journals.length} journals</title><style>${style}</style></head><body>`;
  yield summary(facts);
  yield "<h2>Payment map</h2>";
  yield paymentMap(facts) || '<p class="soft">Fewer than two nodes: nothing flows.</p>';
  yield '<p class="soft">Arrows are money, the wider the more. Green nodes earned more than they paid, orange ones paid more than they earned; pale ones did not hand in a journal.</p>';
  yield accountTable(facts);
  yield journalTable(facts);
  const drawn = facts.accounts
    .filter((one) => one.sent + one.received + one.signed > 0n)
    .slice(0, drawnLimit);
  if (drawn.length > 0) yield "<h2>Accounts over their bytes</h2>";
  for (const account of drawn) yield accountPlots(account, facts);
  if (facts.accounts.length > drawn.length && drawn.length === drawnLimit) {
    yield `<p class="soft">The ${drawnLimit} largest accounts are drawn; the table has all.</p>`;
  }
  yield "</body></html>\n";
}

const verdicts = {
  agree: "The books agree",
  disagree: "The books do not agree",
  damaged: "A journal is damaged",
} as const;

function summary({ verdict, journals, nodes, accounts, differences, money }: ReportFacts): string {
  const total = (of: (one: AccountSeries) => bigint) =>
    accounts.reduce((all, one) => all + of(one), 0n);
  const [first] = differences;
  const days = journals.flatMap(({ from, to }) => [from ?? [], to ?? []].flat()).sort();
  const span = days.length === 0 ? "" : ` · ${days[0]} to ${days.at(-1)}`;
  const events = journals.reduce((all, one) => all + one.events, 0);
  const words =
    events === 0
      ? "Nothing has happened yet in these journals: there is nothing to compare."
      : first === undefined
        ? "Every checksum, signature and rule holds, and every pair of neighbours tells the same story."
        : `First difference: ${first}.`;
  const facts = [
    [
      exact(
        total((one) => one.signed),
        money,
      ),
      "signed in payments",
    ],
    [
      exact(
        total((one) => one.credited),
        money,
      ),
      "credited",
    ],
    [bytes(total((one) => one.sent)), "sent on paid tunnels"],
    [bytes(total((one) => one.received)), "received"],
    [grouped(String(accounts.reduce((all, one) => all + one.payments, 0))), "payments"],
  ];
  return [
    `<h1>Audit of ${journals.length} journal${journals.length === 1 ? "" : "s"}</h1>`,
    `<p class="soft">${nodes.length} node${nodes.length === 1 ? "" : "s"}, ${grouped(String(events))} events decided again${span}</p>`,
    `<p><span class="verdict ${verdict}">${verdicts[verdict]}</span> ${escaped(words)}</p>`,
    `<ul class="facts">${facts.map(([value, what]) => `<li><b>${escaped(value ?? "")}</b><span>${what}</span></li>`).join("")}</ul>`,
    differences.length === 0
      ? ""
      : `<h2>What does not fit</h2><ul class="differences">${differences.map((one) => `<li>${escaped(one)}</li>`).join("")}</ul>`,
  ].join("");
}

function accountTable({ accounts, nodes, money }: ReportFacts): string {
  const names = new Map(nodes.map((one) => [one.node, one.name]));
  const name = (node: string) => escaped(names.get(node) ?? node.slice(2, 8));
  const rows = accounts.map((one) => {
    const cells = [
      grouped(String(one.sent)),
      grouped(String(one.received)),
      amount(one.owed, money),
      amount(one.expected, money),
      amount(one.signed, money),
      amount(one.credited, money),
    ];
    return `<tr><td>${name(one.payer)} → ${name(one.payee)} · class ${one.class}</td>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  });
  if (rows.length === 0) return '<h2>Accounts</h2><p class="soft">No account has begun.</p>';
  const heads = ["account", "sent, B", "received, B", "owed", "expected", "signed", "credited"];
  return `<h2>Accounts</h2><p class="soft">Money in ${escaped(money.name)}, exactly.</p><div class="scroll"><table><thead><tr>${heads.map((one) => `<th scope="col">${one}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function journalTable({ journals }: ReportFacts): string {
  const rows = journals.map((one) => {
    const days = one.from === undefined ? "–" : `${one.from} to ${one.to}`;
    const cells = [one.name, grouped(String(one.commits)), grouped(String(one.events)), days];
    const state =
      one.repaired === 0 ? one.verdict : `${one.verdict}, ${one.repaired} bits repaired`;
    return `<tr><td><code>${escaped(one.directory)}</code></td>${[...cells, state].map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  });
  const heads = ["journal", "node", "commits", "events", "days", "by itself"];
  return `<h2>Journals</h2><div class="scroll"><table><thead><tr>${heads.map((one) => `<th scope="col">${one}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function accountPlots(one: AccountSeries, { nodes, money }: ReportFacts): string {
  const names = new Map(nodes.map((node) => [node.node, node.name]));
  const title = `${names.get(one.payer) ?? ""} pays ${names.get(one.payee) ?? ""}, class ${one.class}`;
  const end = one.sent > one.received ? one.sent : one.received;
  const axes = { end, x: bytes, y: (value: bigint) => rough(value, money) };
  const steps = true;
  const plots = [
    chart({
      ...axes,
      title: `Money, ${money.name}`,
      lines: [
        { label: "owed", look: "series-1", points: one.owedAt },
        { label: "expected", look: "series-3", points: one.expectedAt },
        { label: "signed", look: "series-2", points: one.signedAt, steps },
        { label: "credited", look: "series-4", points: one.creditedAt, steps },
      ],
    }),
    chart({
      ...axes,
      title: "Price, grains a byte",
      y: (value) => rough(value, { name: "", places: 0 }),
      lines: [{ label: "leased at", look: "series-2", points: one.priceFrom, steps }],
    }),
    chart({
      ...axes,
      title: "Sent and not received, bytes",
      y: bytes,
      lines: [{ label: "lost, or not read yet", look: "series-2", points: one.lossAt }],
    }),
    chart({
      ...axes,
      title: `Credit given, ${money.name}`,
      lines: [{ label: "exposure", look: "series-1", points: one.exposureAt }],
      bound: { label: "bound", value: one.exposureBound },
    }),
  ].filter((plot) => plot !== "");
  const words = `${grouped(String(one.payments))} payments; ${exact(one.signed, money)} signed for ${bytes(one.sent)}`;
  return `<section><h3>${escaped(title)}</h3><p class="soft">${escaped(words)}</p><div class="plots">${plots.join("")}</div></section>`;
}
