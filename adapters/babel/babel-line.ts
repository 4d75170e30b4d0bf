import { type Prefix, parsePrefix } from "#core/route/prefix.ts";

/**
 * A line of babeld's local protocol (babeld(8), "local configuration interface"), understood. Versions
 * differ in which fields a line has, so fields are found by their name and unknown ones are passed
 * over; so are those of the Althea dialect (`price`, `fee`, `full-path-rtt`) by those who lack them.
 */
export type BabelLine =
  | { readonly type: "Greeting" }
  | { readonly type: "Version"; readonly version: string }
  | { readonly type: "Done"; readonly ok: boolean }
  | { readonly type: "Interface"; readonly verb: Verb; readonly name: string; readonly up: boolean }
  | {
      readonly type: "Neighbour";
      readonly verb: Verb;
      readonly id: string;
      readonly address: string;
      readonly interfaceName: string;
      readonly reach: number;
      readonly cost: number;
    }
  | { readonly type: "Own"; readonly verb: Verb; readonly id: string; readonly prefix: Prefix }
  | {
      readonly type: "Route";
      readonly verb: Verb;
      readonly id: string;
      readonly prefix: Prefix;
      readonly installed: boolean;
      readonly metric: number;
      readonly refMetric: number;
      readonly nextHop: string;
      readonly interfaceName: string;
      readonly price: bigint | undefined;
    }
  /** Of no use here: another statement, or a route that depends on where packets come from. */
  | { readonly type: "Other" };

/** What happened to the thing that a line is about. */
export type Verb = "add" | "change" | "flush";

/** The longest line, in characters: four times what any version writes. */
export const lineLength = 1024;

/** The most fields of a line. */
const fieldLimit = 40;

/** Routes that do not depend on the source say so in one of these ways. */
const anySource = [undefined, "0.0.0.0/0", "::/0"];

/** A line; nothing for one that cannot be read: it is counted, and nothing is built on it. */
export function parseBabelLine(text: string): BabelLine | undefined {
  if (text.length > lineLength) return undefined;
  const words = text.split(" ", 3 + 2 * fieldLimit);
  const [first, second] = words;
  switch (first) {
    case "BABEL":
    case "ALTHEA":
      return { type: "Greeting" };
    case "version":
      return /^[\w.+~-]{1,60}$/.test(second ?? "")
        ? { type: "Version", version: second ?? "" }
        : undefined;
    case "ok":
      return { type: "Done", ok: true };
    case "no":
    case "bad":
      return { type: "Done", ok: false };
    case "add":
    case "change":
    case "flush":
      return parseThing(first, words);
    default:
      return { type: "Other" };
  }
}

function parseThing(verb: Verb, words: readonly string[]): BabelLine | undefined {
  const [, kind, id] = words;
  if (id === undefined || id === "" || id.length > 100) return undefined;
  const fields = new Map<string, string>();
  for (let i = 3; i + 1 < words.length; i += 2) fields.set(words[i] ?? "", words[i + 1] ?? "");
  switch (kind) {
    case "interface":
      if (!isName(id)) return undefined;
      return { type: "Interface", verb, name: id, up: fields.get("up") === "true" };
    case "neighbour":
      return parseNeighbour(verb, id, fields);
    case "xroute": {
      const prefix = parsePrefix(fields.get("prefix") ?? "");
      return prefix === undefined ? undefined : { type: "Own", verb, id, prefix };
    }
    case "route":
      return parseRoute(verb, id, fields);
    default:
      return { type: "Other" };
  }
}

type Fields = ReadonlyMap<string, string>;

function parseNeighbour(verb: Verb, id: string, fields: Fields): BabelLine | undefined {
  const address = fields.get("address");
  const interfaceName = fields.get("if");
  const reach = /^[0-9a-f]{1,4}$/.test(fields.get("reach") ?? "") ? fields.get("reach") : "0";
  if (!isAddress(address) || !isName(interfaceName)) return undefined;
  const cost = metricOf(fields.get("cost")) ?? metricOf(fields.get("txcost")) ?? 65_535;
  return {
    type: "Neighbour",
    verb,
    id,
    address,
    interfaceName,
    reach: Number.parseInt(reach ?? "0", 16),
    cost,
  };
}

function parseRoute(verb: Verb, id: string, fields: Fields): BabelLine | undefined {
  const prefix = parsePrefix(fields.get("prefix") ?? "");
  const nextHop = fields.get("via");
  const interfaceName = fields.get("if");
  const metric = metricOf(fields.get("metric"));
  const refMetric = metricOf(fields.get("refmetric"));
  const installed = fields.get("installed");
  if (prefix === undefined || !isAddress(nextHop) || !isName(interfaceName)) return undefined;
  if (metric === undefined || refMetric === undefined) return undefined;
  if (installed !== "yes" && installed !== "no") return undefined;
  if (!anySource.includes(fields.get("from"))) return { type: "Other" };
  const price = fields.get("price");
  return {
    type: "Route",
    verb,
    id,
    prefix,
    installed: installed === "yes",
    metric,
    refMetric,
    nextHop,
    interfaceName,
    price: price !== undefined && /^[0-9]{1,20}$/.test(price) ? BigInt(price) : undefined,
  };
}

/** A metric is a number of 16 bits (RFC 8966, section 3.5). */
function metricOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,5}$/.test(text)) return undefined;
  const metric = Number(text);
  return metric <= 65_535 ? metric : undefined;
}

function isName(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(text);
}

function isAddress(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f:.]{2,45}$/.test(text);
}
