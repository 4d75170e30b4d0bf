/** One number of a family, with what tells it from the others. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  /** A decimal number, as text: no digit of a large counter is lost here. */
  readonly value: string;
}

/** All numbers of one name. */
export interface MetricFamily {
  /** With its unit at the end: https://prometheus.io/docs/practices/naming/ */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

/**
 * Families in the text format 0.0.4 of Prometheus. Labels are escaped, so that whatever a
 * configuration calls its neighbours stays within its quotes.
 */
export function expositionText(families: readonly MetricFamily[]): string {
  return families
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

function labelText(labels: MetricSample["labels"]): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
