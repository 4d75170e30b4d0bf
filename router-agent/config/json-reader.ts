import type { ConfigDocument, Entry, Section } from "./document.ts";
import { type Problem, shown } from "./problem.ts";
import type { Reading } from "./uci-reader.ts";

/** A value as it stands in the file. Numbers stay text: 0.05 is exactly that, not a float. */
type Node =
  | { readonly kind: "text"; readonly text: string; readonly line: number }
  | { readonly kind: "list"; readonly items: readonly Node[]; readonly line: number }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Node>; readonly line: number };

/** The file, the list of neighbours, a neighbour, its list of prices. */
const depthLimit = 4;

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
  problem: Problem | undefined;
}

/**
 * Reads JSON (RFC 8259) with line numbers, refusing what a configuration has no use for: a key
 * given twice, true, false, null, and nesting beyond {@link depthLimit}.
 */
export function readJson(text: string): Reading {
  const cursor: Cursor = { text, at: 0, line: 1, problem: undefined };
  const node = readNode(cursor, 1);
  skipSpace(cursor);
  if (cursor.problem === undefined && cursor.at < text.length) fail(cursor, "the end of the file");
  if (node === undefined || cursor.problem !== undefined) {
    return { ok: false, problems: cursor.problem === undefined ? [] : [cursor.problem] };
  }
  return documentOf(node);
}

function fail(cursor: Cursor, allowed: string): undefined {
  const rest = cursor.text.slice(cursor.at, cursor.at + 20).split("\n")[0] ?? "";
  const found = cursor.at >= cursor.text.length ? "the end of the file" : shown(rest);
  cursor.problem ??= { path: "file", line: cursor.line, found, allowed };
  return undefined;
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const character = cursor.text[cursor.at];
    if (character === "\n") cursor.line += 1;
    else if (character !== " " && character !== "\t" && character !== "\r") return;
    cursor.at += 1;
  }
}

/** Whether the next character is this one; steps over it if so. */
function accept(cursor: Cursor, character: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

function readNode(cursor: Cursor, depth: number): Node | undefined {
  skipSpace(cursor);
  const { line } = cursor;
  if (depth > depthLimit && /[[{]/.test(cursor.text[cursor.at] ?? "")) {
    return fail(cursor, `at most ${depthLimit} levels of brackets`);
  }
  if (accept(cursor, "{")) return readObject(cursor, depth, line);
  if (accept(cursor, "[")) return readList(cursor, depth, line);
  const number = readNumber(cursor);
  const text = number ?? readText(cursor);
  return text === undefined ? undefined : { kind: "text", text, line };
}

function readNumber(cursor: Cursor): string | undefined {
  const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match !== null) cursor.at += match[0].length;
  return match?.[0];
}

function readText(cursor: Cursor): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const pattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match === null) return fail(cursor, "a text in double quotes, a number, a list or an object");
  cursor.at += match[0].length;
  return String(JSON.parse(match[0]));
}

function readList(cursor: Cursor, depth: number, line: number): Node | undefined {
  const items: Node[] = [];
  if (accept(cursor, "]")) return { kind: "list", items, line };
  do {
    const item = readNode(cursor, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
  } while (accept(cursor, ","));
  return accept(cursor, "]") ? { kind: "list", items, line } : fail(cursor, ", or ]");
}

function readObject(cursor: Cursor, depth: number, line: number): Node | undefined {
  const fields = new Map<string, Node>();
  if (accept(cursor, "}")) return { kind: "object", fields, line };
  do {
    skipSpace(cursor);
    const keyAt = { at: cursor.at, line: cursor.line };
    const key = readText(cursor);
    if (key === undefined) return undefined;
    if (fields.has(key)) return fail(Object.assign(cursor, keyAt), "each key once");
    if (!accept(cursor, ":")) return fail(cursor, ": after a key");
    const value = readNode(cursor, depth + 1);
    if (value === undefined) return undefined;
    fields.set(key, value);
  } while (accept(cursor, ","));
  return accept(cursor, "}") ? { kind: "object", fields, line } : fail(cursor, ", or }");
}

function documentOf(root: Node): Reading {
  const problems: Problem[] = [];
  if (root.kind !== "object") {
    return { ok: false, problems: [misplaced("file", root, "an object { ... }")] };
  }
  const fields = new Map(root.fields);
  const sections = (key: string): readonly Section[] => {
    const list = fields.get(key);
    fields.delete(key);
    if (list === undefined) return [];
    if (list.kind === "list") {
      return list.items.map((item, i) => sectionOf(`${key}[${i}]`, item, problems));
    }
    problems.push(misplaced(key, list, "a list [ ... ]"));
    return [];
  };
  const neighbours = sections("neighbours");
  const routes = sections("routes");
  const main = sectionOf("", { kind: "object", fields, line: root.line }, problems);
  const document: ConfigDocument = { main, neighbours, routes };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, document };
}

function sectionOf(path: string, node: Node, problems: Problem[]): Section {
  const entries = new Map<string, Entry>();
  if (node.kind !== "object") {
    problems.push(misplaced(path, node, "an object { ... }"));
    return { path, line: node.line, entries };
  }
  for (const [key, value] of node.fields) {
    const entry = entryOf(value);
    const at = path === "" ? shortened(key) : `${path}.${shortened(key)}`;
    if (entry === undefined)
      problems.push(misplaced(at, value, "a text, a number or a list of them"));
    else entries.set(key, entry);
  }
  return { path, line: node.line, entries };
}

function entryOf(node: Node): Entry | undefined {
  if (node.kind === "text") return { value: node.text, line: node.line };
  if (node.kind === "object") return undefined;
  const texts = node.items.flatMap((item) => (item.kind === "text" ? [item.text] : []));
  return texts.length === node.items.length ? { value: texts, line: node.line } : undefined;
}

function misplaced(path: string, node: Node, allowed: string): Problem {
  const found =
    node.kind === "text" ? shown(node.text) : `a${node.kind === "list" ? " list" : "n object"}`;
  return { path, line: node.line, found, allowed };
}

function shortened(key: string): string {
  return /^\w{1,40}$/.test(key) ? key : shown(key);
}
