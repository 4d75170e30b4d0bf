/** A file that breaks a rule of the house on purpose, and who must refuse it. */
export interface Plant {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  /** `lint` is biome, `compiler` is tsc over the core, `arrows` is the test beside this file. */
  readonly refusedBy: "lint" | "compiler" | "arrows";
  /** A piece of what the tool must say. */
  readonly saying: string;
}

type Row = readonly [what: string, path: string, text: string, saying: string];

const rows =
  (refusedBy: Plant["refusedBy"]) =>
  ([what, path, text, saying]: Row): Plant => ({
    what,
    path,
    text: `${text}\n`,
    refusedBy,
    saying,
  });

const forLint: readonly Row[] = [
  ["a clock", "core/node/clock.ts", "export const now = () => Date.now();", "Date"],
  [
    "a clock behind performance",
    "core/node/tick.ts",
    "export const at = performance;",
    "performance",
  ],
  [
    "a regular expression",
    "core/node/pattern.ts",
    "export const isDigit = (text: string) => /^[0-9]$/.test(text);",
    "pattern",
  ],
  ["randomness", "core/node/dice.ts", "export const dice = () => Math.random();", "Math"],
  ["random bytes", "core/node/salt.ts", "export const salt = crypto;", "crypto"],
  ["a timer", "core/node/timer.ts", "export const wait = setTimeout;", "setTimeout"],
  [
    "a locale",
    "core/units/tongue.ts",
    "export const say = (n: bigint) => n.toLocaleString();",
    "locale",
  ],
  [
    "an order by locale",
    "core/units/order.ts",
    'export const o = "a".localeCompare("b");',
    "locale",
  ],
  ["Intl", "core/units/form.ts", "export const form = Intl;", "Intl"],
  ["globalThis", "core/node/reach.ts", "export const all = globalThis;", "globalThis"],
  ["the process", "core/node/environment.ts", "export const it = process;", "process"],
  ["the console", "core/node/shout.ts", 'export const f = () => console.log("");', "console"],
  ["TextEncoder", "core/identity/text.ts", "export const t = new TextEncoder();", "TextEncoder"],
  ["TextDecoder", "core/identity/untext.ts", "export const t = new TextDecoder();", "TextDecoder"],
  ["Buffer", "core/identity/buffer.ts", "export const b = Buffer.alloc(1);", "Buffer"],
  ["URL", "core/identity/url.ts", 'export const u = new URL("a:b");', "URL"],
  [
    "structuredClone",
    "core/node/clone.ts",
    "export const c = structuredClone(1);",
    "structuredClone",
  ],
  ["a promise", "core/node/promise.ts", "export const p = Promise.resolve();", "Promise"],
  ["a rounded float", "core/units/floor.ts", "export const f = Math.floor;", "Math"],
  [
    "a bigint made a float",
    "core/node/lossy.ts",
    "export const f = (x: bigint) => Number(x);",
    "bigint",
  ],
  [
    "bigints made floats at once",
    "core/node/many.ts",
    'export const f = ["1"].map(Number);',
    "bigint",
  ],
  ["parseFloat", "core/node/parsed.ts", 'export const f = parseFloat("1.5");', "parseFloat"],
  ["parseInt", "core/node/whole.ts", 'export const f = parseInt("1", 10);', "parseInt"],
  ["Number.parseFloat", "core/node/also.ts", 'export const f = Number.parseFloat("1");', "bigint"],
  ["a fraction", "core/node/fraction.ts", "export const fee = 0.03;", "bigint"],
  ["an exponent", "core/node/exponent.ts", "export const cap = 1e18;", "bigint"],
  [
    "rounding by toFixed",
    "core/node/fixed.ts",
    "export const f = (n: number) => n.toFixed(2);",
    "bigint",
  ],
  ["a number for money", "core/units/money.ts", "export type Money = number;", "knows no number"],
  [
    "a number among the rules",
    "core/rules/fee.ts",
    "export const f = (fee: number) => fee;",
    "knows no number",
  ],
  [
    "a number in an account",
    "core/account/debt.ts",
    "export type Debt = number;",
    "knows no number",
  ],
  [
    "a node module in the core",
    "core/journal/disk.ts",
    'export * from "node:fs";',
    "imports only itself",
  ],
  [
    "the effect runtime in the core",
    "core/node/run.ts",
    'export * from "effect/Effect";',
    "imports only itself",
  ],
  [
    "a library in the core",
    "core/identity/pack.ts",
    'export * from "msgpackr";',
    "imports only itself",
  ],
  [
    "an adapter in the core",
    "core/node/disk.ts",
    'export * from "#adapters/a/good.ts";',
    "imports only itself",
  ],
  [
    "a room reached past its name",
    "core/node/past.ts",
    'export * from "../units/good.ts";',
    "imports only itself",
  ],
  [
    "the agent in an adapter",
    "adapters/a/agent.ts",
    'export * from "#agent/a/good.ts";',
    "never the agent",
  ],
  [
    "the agent by its folder",
    "adapters/a/up.ts",
    'export * from "../../router-agent/a/good.ts";',
    "never the agent",
  ],
  [
    "the barrel in an adapter",
    "adapters/a/barrel.ts",
    'export { Effect } from "effect";',
    "barrel",
  ],
  [
    "the barrel in the agent",
    "router-agent/a/barrel.ts",
    'export { Effect } from "effect";',
    "barrel",
  ],
  ["the whole of zod", "router-agent/a/zod.ts", 'export { z } from "zod";', "zod/mini"],
  ["viem in an adapter", "adapters/a/chain.ts", 'export * from "viem";', "speaks to a chain"],
  [
    "viem in the agent",
    "router-agent/a/chain.ts",
    'export * from "viem/chains";',
    "speaks to a chain",
  ],
  [
    "a test in the agent",
    "router-agent/a/tested.ts",
    'export * from "../../property-tests/a.ts";',
    "tests and proofs",
  ],
  [
    "a proof in the agent",
    "router-agent/a/proved.ts",
    'export * from "../../proofs/a.ts";',
    "tests and proofs",
  ],
  ["a package nobody declared", "adapters/a/left-pad.ts", 'export * from "left-pad";', "left-pad"],
  ["an import without its ending", "adapters/a/ending.ts", 'export * from "./good";', "extension"],
  ["a circle", "core/node/chicken.ts", 'export { b as a } from "./egg.ts";', "cycle"],
  ["the other half of it", "core/node/egg.ts", 'export { a as b } from "./chicken.ts";', "cycle"],
  ["a default export", "adapters/a/default.ts", "export default 1;", "default"],
  ["a name in camels", "adapters/a/camelCase.ts", "export const a = 1;", "kebab-case"],
];

const forCompiler: readonly Row[] = [
  ["a timer", "core/node/timer.ts", "export const wait = setTimeout;", "setTimeout"],
  ["the process", "core/node/environment.ts", "export const it = process;", "process"],
  ["Buffer", "core/identity/buffer.ts", "export const b = Buffer.alloc(1);", "Buffer"],
  ["TextEncoder", "core/identity/text.ts", "export const t = new TextEncoder();", "TextEncoder"],
  ["URL", "core/identity/url.ts", 'export const u = new URL("a:b");', "URL"],
  [
    "structuredClone",
    "core/node/clone.ts",
    "export const c = structuredClone(1);",
    "structuredClone",
  ],
  ["a node module in the core", "core/journal/disk.ts", 'export * from "node:fs";', "node:fs"],
  [
    "an adapter in the core",
    "core/node/disk.ts",
    'export * from "#adapters/a/good.ts";',
    "rootDir",
  ],
  [
    "a price times a number",
    "core/node/mixed.ts",
    "export const f = (p: bigint) => p * 2;",
    "bigint",
  ],
  ["a number where money is due", "core/node/due.ts", "export const due: bigint = 5;", "TS2322"],
  ["an enum", "core/node/enum.ts", "export enum Colour { red }", "erasableSyntaxOnly"],
  [
    "an item that might not be there",
    "core/node/item.ts",
    "export const f = (a: bigint[]): bigint => a[0];",
    "undefined",
  ],
];

const forArrows: readonly Row[] = [
  [
    "a lower room that uses a higher one",
    "core/units/high.ts",
    'export * from "#core/node/good.ts";',
    "units is below node",
  ],
  [
    "the same by a loaded import",
    "core/rules/late.ts",
    'export const f = () => import("#core/account/good.ts");',
    "rules is below account",
  ],
  [
    "the same by folders",
    "core/schedule/dots.ts",
    'export * from "../peer/good.ts";',
    "schedule is below peer",
  ],
  ["a room nobody placed", "core/misc/good.ts", "export const a = 1;", "no place in the order"],
  [
    "measured quality in a ledger",
    "core/journal/rank.ts",
    'export * from "#core/quality/good.ts";',
    "no bill may hang on measured quality",
  ],
  [
    "measured quality where inputs of the node are made",
    "router-agent/agent/rank.ts",
    'export * from "#core/quality/good.ts";',
    "no bill may hang on measured quality",
  ],
  [
    "the choice of ways in a decision",
    "core/node/way.ts",
    'export * from "#core/route/good.ts";',
    "no bill may hang on the choice of ways",
  ],
  [
    "the agent in an adapter",
    "adapters/a/agent.ts",
    'export * from "#agent/a/good.ts";',
    "adapters may not know",
  ],
  [
    "an adapter in the core",
    "core/node/disk.ts",
    'export * from "#adapters/a/good.ts";',
    "core may not know",
  ],
  [
    "a test in the agent",
    "router-agent/a/tested.ts",
    'export * from "../../property-tests/a.ts";',
    "may not know property-tests",
  ],
  [
    "a proof in an adapter",
    "adapters/a/proved.ts",
    'import "../../proofs/a.ts";',
    "may not know proofs",
  ],
  [
    "the agent in the audit program",
    "router-agent/audit/trust.ts",
    'export * from "#agent/a/good.ts";',
    "trusts only",
  ],
];

/** Everything that must be refused. A file may be planted for two tools. */
export const plants: readonly Plant[] = [
  ...forLint.map(rows("lint")),
  ...forCompiler.map(rows("compiler")),
  ...forArrows.map(rows("arrows")),
];

/** Files that break no rule: a tool that refuses these would refuse anything. */
export const goodFiles: readonly { readonly path: string; readonly text: string }[] = [
  {
    path: "core/units/good.ts",
    text: "/** One. */\nexport const one = 1n;\n",
  },
  {
    path: "core/node/good.ts",
    text: [
      'import { one } from "#core/units/good.ts";',
      "",
      "/** Hexadecimal, separators, counts and whole-number checks are small numbers' own business. */",
      "export const index = (item: number) => Number.isInteger(item) && item < 0xe1 + 1_000;",
      "",
      "/** Two. */",
      "export const two = one + one;",
      "",
    ].join("\n"),
  },
  {
    path: "adapters/a/good.ts",
    text: [
      'import { readFileSync } from "node:fs";',
      'import * as Effect from "effect/Effect";',
      'import { two } from "#core/node/good.ts";',
      "",
      "/** An adapter may read files and know the core. */",
      'export const read = Effect.sync(() => [readFileSync("a"), two]);',
      "",
    ].join("\n"),
  },
  {
    path: "router-agent/a/good.ts",
    text: [
      'import * as zod from "zod/mini";',
      'import { read } from "#adapters/a/good.ts";',
      "",
      "/** The agent knows everything below it. */",
      "export const all = [read, zod];",
      "",
    ].join("\n"),
  },
];
