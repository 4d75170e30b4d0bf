import type { Token } from "#agent/config/form.ts";
import { tokensText } from "./amount-text.ts";
import type { MetricFamily, MetricSample } from "./metric-family.ts";
import type { NeighbourAnswer, StatusAnswer } from "./node-answers.ts";

type Account = NeighbourAnswer["accounts"][number];

/** What is told of each account: how the metric is called, and where its number stands. */
interface AccountMetric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly direction: "we pay" | "we are paid";
  readonly key: "position" | "amount" | "settled" | "exposure" | "exposureBound" | "price";
  readonly unit: "bytes" | "tokens" | "tokens per gigabyte";
  readonly help: string;
}

const table: readonly AccountMetric[] = [
  row("sent_bytes_total", "we pay", "position", "bytes", "Paid bytes sent, by WireGuard's count."),
  row(
    "received_bytes_total",
    "we are paid",
    "position",
    "bytes",
    "Paid bytes received, by WireGuard's count.",
  ),
  row("owed_tokens_total", "we pay", "amount", "tokens", "Price of the bytes that we sent."),
  row("signed_tokens_total", "we pay", "settled", "tokens", "What our vouchers promise."),
  row("expected_tokens_total", "we are paid", "amount", "tokens", "Price of the bytes received."),
  row("credited_tokens_total", "we are paid", "settled", "tokens", "What we were promised."),
  row("exposure_tokens", "we are paid", "exposure", "tokens", "Credit that it has now."),
  row("exposure_bound_tokens", "we are paid", "exposureBound", "tokens", "Its limit (T7)."),
  row(
    "buying_price_tokens_per_gigabyte",
    "we pay",
    "price",
    "tokens per gigabyte",
    "Price of the last lease that we hold.",
  ),
  row(
    "selling_price_tokens_per_gigabyte",
    "we are paid",
    "price",
    "tokens per gigabyte",
    "Price of leases to come.",
  ),
];

function row(
  name: string,
  direction: AccountMetric["direction"],
  key: AccountMetric["key"],
  unit: AccountMetric["unit"],
  help: string,
): AccountMetric {
  const type = name.endsWith("_total") ? "counter" : "gauge";
  return { name, type, direction, key, unit, help };
}

/** One family for each row of the table, one sample for each account. */
export function accountFamilies(
  { neighbours, names }: StatusAnswer,
  token: Token,
): readonly MetricFamily[] {
  const accounts = neighbours.flatMap((facts) => facts.accounts);
  const labels = ({ neighbour, class: paidClass }: Account) => ({
    neighbour: names[neighbour] ?? neighbour.slice(0, 12),
    class: String(paidClass),
  });
  const families = table.map(
    ({ name, type, direction, key, unit, help }): MetricFamily => ({
      name: `meshtoll_${name}`,
      type,
      help,
      samples: accounts.flatMap((account): readonly MetricSample[] => {
        const text = account[key];
        if (account.direction !== direction || text === undefined) return [];
        const more = unit === "bytes" ? {} : { token: token.symbol };
        return [{ labels: { ...labels(account), ...more }, value: valued(text, unit, token) }];
      }),
    }),
  );
  const resets: MetricFamily = {
    name: "meshtoll_counter_resets_total",
    type: "counter",
    help: "How often a counter began anew, over the life of the journal.",
    samples: accounts.map((account) => ({
      labels: {
        ...labels(account),
        direction: account.direction === "we pay" ? "sent" : "received",
      },
      value: account.resets,
    })),
  };
  return [...families, resets];
}

const gigabyte = 1_000_000_000n;

function valued(text: string, unit: AccountMetric["unit"], token: Token): string {
  switch (unit) {
    case "bytes":
      return text;
    case "tokens":
      return tokensText(BigInt(text), token);
    case "tokens per gigabyte":
      return tokensText(BigInt(text) * gigabyte, token);
  }
}
