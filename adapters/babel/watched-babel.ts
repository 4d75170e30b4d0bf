import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import { Babel, type BabelState, type BabelView, emptyView } from "./babel.ts";
import { lineLength, parseBabelLine } from "./babel-line.ts";
import { type BabelTable, babelTable } from "./babel-table.ts";

/** What both implementations of the port stand on: a view that lines make, and who waits for it. */
export interface WatchedBabel {
  readonly service: Babel["Service"];
  /** Takes lines in; returns why this babeld is not to be built on, if so. */
  readonly hear: (lines: readonly string[]) => string | undefined;
  /** Another connection: nothing that was said before counts. */
  readonly begin: () => void;
  readonly state: () => BabelState;
  readonly setState: (state: BabelState, why?: string) => void;
  readonly table: () => BabelTable;
  /** Says that something changed that no line said, such as a dump. */
  readonly touch: () => void;
}

/** Nothing heard yet. */
export function watchedBabel(): WatchedBabel {
  let table = babelTable();
  let state: BabelState = "off";
  let why: string | undefined;
  let refused = 0;
  let change = 0;
  let view: BabelView = emptyView;
  let waiting = Deferred.makeUnsafe<void>();
  const touch = (): void => {
    change += 1;
    const woken = waiting;
    waiting = Deferred.makeUnsafe();
    Deferred.doneUnsafe(woken, Effect.void);
  };
  /** Put together only where somebody looks: of a thousand changes in a burst perhaps once. */
  const current = (): BabelView => {
    if (view.change !== change) view = { ...viewOf(table, state, why), refused, change };
    return view;
  };
  return {
    service: Babel.of({
      view: current,
      changed: (seen) =>
        Effect.suspend(() => (change === seen ? Deferred.await(waiting) : Effect.void)),
    }),
    hear: (lines) => {
      const before = table.news();
      for (const text of lines) {
        const line = parseBabelLine(text);
        if (line === undefined) refused += 1;
        else if (!table.take(line)) return "it knows more than a router can hold";
      }
      if (table.news() !== before) touch();
      return undefined;
    },
    begin: () => {
      table = babelTable();
    },
    state: () => state,
    setState: (next, words) => {
      if (next === state && words === why) return;
      state = next;
      why = words;
      touch();
    },
    table: () => table,
    touch,
  };
}

/** Of a babeld that is not up nothing is known. */
function viewOf(table: BabelTable, state: BabelState, why: string | undefined) {
  if (state !== "up") return { ...emptyView, state, why, version: table.version() };
  return {
    state,
    why,
    version: table.version(),
    interfaces: table.interfaces(),
    neighbours: table.neighbours(),
    routes: table.routes(),
    own: table.own(),
    verified: table.verified(),
  };
}

/** Takes text apart into lines; what is left over waits for its end, or is too long to be a line. */
export function lineSplitter(): (text: string) => {
  readonly lines: readonly string[];
  readonly tooLong: boolean;
} {
  let rest = "";
  return (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    return { lines, tooLong: rest.length > lineLength };
  };
}
