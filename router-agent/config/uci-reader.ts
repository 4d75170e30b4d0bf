import { type ConfigDocument, type Entry, listLimit, type Section } from "./document.ts";
import { didYouMean, type Problem, problemLimit, shown } from "./problem.ts";

/** A file taken apart, or what is wrong with it. */
export type Reading =
  | { readonly ok: true; readonly document: ConfigDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const keywords = ["config", "option", "list", "package"];
const sectionTypes = ["meshtoll", "neighbour", "route"];

interface OpenSection {
  readonly type: string;
  /** Its place among the sections of its type, from 0. */
  readonly ordinal: number;
  readonly path: string;
  readonly line: number;
  readonly entries: Map<string, Entry>;
}

/**
 * Reads the text form of OpenWrt's Unified Configuration Interface, more strictly than libuci: a
 * quoted text ends on its line, an option is given once, and nothing is ignored.
 */
export function readUci(text: string): Reading {
  const problems: Problem[] = [];
  const sections: OpenSection[] = [];
  let index = 0;
  for (const source of text.split("\n")) {
    index += 1;
    if (problems.length > problemLimit) break; // whatever this file is, it is not ours
    const words = splitWords(source.endsWith("\r") ? source.slice(0, -1) : source);
    if (typeof words === "string") {
      problems.push({ path: "file", line: index, found: shown(source.trim()), allowed: words });
      continue;
    }
    if (words.length === 0) continue;
    const complaint = takeLine(words, index, sections);
    if (complaint !== undefined) problems.push({ path: "file", line: index, ...complaint });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, document: assembled(sections) };
}

type Complaint = { readonly found: string; readonly allowed: string } | undefined;

function takeLine(words: readonly string[], line: number, sections: OpenSection[]): Complaint {
  const [keyword = "", first = "", second] = words;
  switch (keyword) {
    case "package":
      if (words.length === 2 && sections.length === 0) return undefined;
      return { found: shown(words.join(" ")), allowed: "package and a name, before all sections" };
    case "config":
      return openSection(words, line, sections);
    case "option":
    case "list": {
      const section = sections.at(-1);
      if (section === undefined) return { found: keyword, allowed: "a config line before it" };
      if (words.length !== 3 || second === undefined || !/^[a-z0-9_]{1,40}$/.test(first)) {
        return { found: shown(words.join(" ")), allowed: `${keyword} name 'value'` };
      }
      return addEntry(section, keyword, first, second, line);
    }
    default:
      return {
        found: shown(keyword),
        allowed: `config, option or list${didYouMean(keyword, keywords)}`,
      };
  }
}

function openSection(words: readonly string[], line: number, sections: OpenSection[]): Complaint {
  const [, type = "", name] = words;
  if (words.length < 2 || words.length > 3 || (name !== undefined && !/^\w{1,40}$/.test(name))) {
    return { found: shown(words.join(" ")), allowed: "config type 'name', or config type" };
  }
  if (!sectionTypes.includes(type)) {
    const allowed = `meshtoll, neighbour or route${didYouMean(type, sectionTypes)}`;
    return { found: `section ${shown(type)}`, allowed };
  }
  const entries = new Map<string, Entry>();
  const ordinal = (sections.findLast((section) => section.type === type)?.ordinal ?? -1) + 1;
  const path = type === "meshtoll" ? "" : `${type}s[${ordinal}]`;
  sections.push({ type, ordinal, path, line, entries });
  if (type === "meshtoll") {
    if (ordinal > 0) return { found: "a second section meshtoll", allowed: "one" };
    if (name !== undefined && name !== "main") return { found: shown(name), allowed: "main" };
  }
  // The section's own name is the neighbour's: `config neighbour 'anna'`.
  if (type === "neighbour" && name !== undefined) entries.set("name", { value: name, line });
  return undefined;
}

function addEntry(
  section: OpenSection,
  keyword: "option" | "list",
  key: string,
  value: string,
  line: number,
): Complaint {
  const before = section.entries.get(key);
  if (keyword === "option") {
    if (before !== undefined) {
      return { found: `${key} again`, allowed: `it once; first given in line ${before.line}` };
    }
    section.entries.set(key, { value, line });
    return undefined;
  }
  if (before !== undefined && typeof before.value === "string") {
    const allowed = `either option or list; option given in line ${before.line}`;
    return { found: `list ${key}`, allowed };
  }
  const values = before?.value ?? [];
  if (values.length >= listLimit)
    return { found: `${key} once more`, allowed: `at most ${listLimit} values` };
  section.entries.set(key, { value: [...values, value], line: before?.line ?? line });
  return undefined;
}

function assembled(sections: readonly OpenSection[]): ConfigDocument {
  const of = (type: string): readonly Section[] => sections.filter((one) => one.type === type);
  const main = of("meshtoll")[0] ?? { path: "", line: 1, entries: new Map<string, Entry>() };
  return { main, neighbours: of("neighbour"), routes: of("route") };
}

/**
 * The words of a line: bare, 'quoted' (no escapes) or "quoted" (backslash escapes), pieces without
 * a space between them being one word. A text says what is wrong instead.
 */
function splitWords(line: string): readonly string[] | string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) return "no control characters but tabs";
  const words: string[] = [];
  let current: string | undefined;
  let rest = line;
  while (rest !== "") {
    const piece = /^(?:[ \t]+|#.*|'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^ \t#;'"\\]|\\.)+))/u.exec(
      rest,
    );
    if (piece === null) return expectedAt(rest);
    const [whole, single, double, bare] = piece;
    if (single === undefined && double === undefined && bare === undefined) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else {
      current = (current ?? "") + (single ?? (double ?? bare ?? "").replace(/\\(.)/gu, "$1"));
    }
    rest = rest.slice(whole.length);
  }
  return current === undefined ? words : [...words, current];
}

function expectedAt(rest: string): string {
  if (rest.startsWith("\\")) return "a character after \\";
  return rest.startsWith(";") ? "quotes round a semicolon" : "a closing quote on the same line";
}
