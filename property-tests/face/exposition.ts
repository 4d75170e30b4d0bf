/** A family as a strict reader of Prometheus' text format 0.0.4 understands it. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/**
 * Reads a page of metrics by the grammar of the format, written from its specification and not from
 * the code under test: each line is HELP, TYPE or a sample of the family that was opened last; families
 * come once; label names once a sample; a set of labels once a family.
 * @throws Error with the line that breaks a rule.
 */
export function readExposition(text: string): readonly ReadFamily[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families: {
    name: string;
    type: string;
    help: string;
    samples: ReadFamily["samples"][number][];
  }[] = [];
  const keys = new Set<string>();
  for (const line of text.slice(0, -1).split("\n")) {
    const refuse = (why: string) => new Error(`${why}: ${line}`);
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/s.exec(line);
    const last = families.at(-1);
    if (comment?.[1] === "HELP") {
      const [, , name = "", help = ""] = comment;
      if (families.some((one) => one.name === name)) throw refuse("a family twice");
      families.push({ name, help, type: "", samples: [] });
    } else if (comment?.[1] === "TYPE") {
      const [, , name = "", type = ""] = comment;
      if (last?.name !== name || last.type !== "") throw refuse("a type out of place");
      if (!["counter", "gauge"].includes(type)) throw refuse("another type");
      last.type = type;
    } else {
      const [, name, , inner = "", value = ""] =
        /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?)$/s.exec(line) ?? [];
      if (name === undefined || last?.name !== name || last.type === "")
        throw refuse("no sample of this family");
      const labels = readLabels(inner, refuse);
      const key = `${name}${JSON.stringify(Object.entries(labels).toSorted())}`;
      if (keys.has(key)) throw refuse("a sample twice");
      keys.add(key);
      last.samples.push({ labels, value: Number(value) });
    }
  }
  return families;
}

function readLabels(text: string, refuse: (why: string) => Error): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const found = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/.exec(rest);
    const [whole = "", name = "", value = ""] = found ?? [];
    if (found === null || Object.hasOwn(labels, name)) throw refuse("labels");
    labels[name] = value.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
    rest = rest.slice(whole.length);
  }
  return labels;
}
