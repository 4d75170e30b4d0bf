import * as Effect from "effect/Effect";
import { type CommandError, run } from "#adapters/command/command.ts";
import { parsePrefix } from "#core/route/prefix.ts";
import {
  type RouteTables,
  RouteTablesError,
  routeProtocol,
  strangeDevice,
  type TableRoute,
} from "./route-tables.ts";

type Family = "-4" | "-6";

const families: readonly Family[] = ["-4", "-6"];

/** Routing tables by `ip`, where there is no netlink: the same, and dearer. */
export const spawnedRouteTables: RouteTables = {
  read: Effect.fnUntraced(function* (tables) {
    const found: TableRoute[] = [];
    for (const family of families) {
      for (const table of tables) {
        const text = yield* show(family, table);
        found.push(
          ...(yield* Effect.try({
            try: () => parseRoutes(text, family, table),
            catch: () => new RouteTablesError({ words: "ip printed routes in another form" }),
          })),
        );
      }
    }
    return found;
  }),
  write: Effect.fnUntraced(function* ({ removed, put }) {
    const isThrow = ({ device }: TableRoute) => device === undefined;
    // What is to go may be gone, with its interface or by somebody's hand.
    yield* Effect.ignore(
      batch(
        removed.filter((one) => !isThrow(one)),
        removal,
      ),
    );
    yield* Effect.ignore(batch(removed.filter(isThrow), throwRemoval));
    yield* batch(put, putting);
  }),
};

const asTables = <A>(effect: Effect.Effect<A, CommandError>): Effect.Effect<A, RouteTablesError> =>
  Effect.mapError(effect, ({ words }) => new RouteTablesError({ words }));

/** A table that was never used is an error to `ip`, and empty to us. */
const show = (family: Family, table: number): Effect.Effect<string, RouteTablesError> =>
  asTables(
    run("ip", [family, "-j", "route", "show", "table", `${table}`, "proto", `${routeProtocol}`]),
  ).pipe(
    Effect.catch((error) =>
      error.words.includes("FIB table does not exist") ? Effect.succeed("[]") : Effect.fail(error),
    ),
  );

/** All lines of both families; what fails does not keep the rest from being done. */
const batch = Effect.fnUntraced(function* (
  routes: readonly TableRoute[],
  lineOf: (route: TableRoute) => string,
) {
  let failure: RouteTablesError | undefined;
  for (const family of families) {
    const lines = routes.filter(({ prefix }) => prefix.includes(":") === (family === "-6"));
    if (lines.length === 0) continue;
    const text = `${lines.map(lineOf).join("\n")}\n`;
    const done = yield* Effect.result(asTables(run("ip", [family, "-force", "-batch", "-"], text)));
    if (done._tag === "Failure") failure = done.failure;
  }
  if (failure !== undefined) return yield* failure;
});

function removal({ table, prefix }: TableRoute): string {
  return `route delete ${prefix} table ${table} proto ${routeProtocol}`;
}

/** Throw routes are of another type: each type is deleted by its name. */
function throwRemoval({ table, prefix }: TableRoute): string {
  return `route delete throw ${prefix} table ${table} proto ${routeProtocol}`;
}

function putting({ table, prefix, device }: TableRoute): string {
  const way = device === undefined ? `throw ${prefix}` : `${prefix} dev ${device}`;
  return `route replace ${way} table ${table} proto ${routeProtocol}`;
}

/** Before iproute2 5.0 a type stands in an object without its key. Of types, we write this one. */
const throwBefore5 = ['{"throw",', '{"type":"throw",'] as const;

/**
 * What `ip -j route show` printed of one table; every route in a form that we never write is strange.
 * Throws TypeError or SyntaxError for what is no such list, and nothing else.
 */
export function parseRoutes(text: string, family: Family, table: number): readonly TableRoute[] {
  const list: unknown = JSON.parse(text === "" ? "[]" : text.replaceAll(...throwBefore5));
  if (!Array.isArray(list)) throw new TypeError("no list");
  return list.map((one: unknown): TableRoute => {
    if (typeof one !== "object" || one === null) throw new TypeError("no route");
    const { dst, dev, type, metric, gateway, via, nexthops } = one as Readonly<
      Record<string, unknown>
    >;
    const prefix = prefixOf(dst, family);
    const usual = metric === undefined || metric === 1024;
    const plain = usual && gateway === undefined && via === undefined && nexthops === undefined;
    if (plain && type === "throw") return { table, prefix, device: undefined };
    const known = plain && type === undefined && typeof dev === "string" && isDevice.test(dev);
    return { table, prefix, device: known ? dev : strangeDevice };
  });
}

/** As the kernel lets interfaces be called, as far as we do. */
const isDevice = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

/** `ip` writes a default route by its name, and a single address without its length. */
function prefixOf(dst: unknown, family: Family): string {
  if (typeof dst !== "string") throw new TypeError("no destination");
  const whole = family === "-4" ? "/32" : "/128";
  const text = dst === "default" ? (family === "-4" ? "0.0.0.0/0" : "::/0") : dst;
  const prefix = parsePrefix(text.includes("/") ? text : `${text}${whole}`);
  if (prefix === undefined) throw new TypeError("no prefix");
  return prefix;
}
