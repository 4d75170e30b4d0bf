import { createInterface } from "node:readline";
import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { koffiNetlink } from "#adapters/netlink/koffi-netlink.ts";
import { Netlink } from "#adapters/netlink/netlink.ts";
import { netlinkRouteTables } from "#adapters/queueing/netlink-route-tables.ts";
import type { RouteChange } from "#adapters/queueing/route-tables.ts";
import { spawnedRouteTables } from "#adapters/queueing/spawned-route-tables.ts";

/**
 * The routing tables of one network namespace, driven from outside: a line of JSON in
 * (`{"read": tables}` or `{"write": change}`), a line out (`{"ok": ...}` or `{"error": words}`).
 * Argument: `netlink` or `spawned`.
 */
const scope = Effect.runSync(Effect.scope.pipe(Effect.scoped));
const context = await Effect.runPromise(Layer.buildWithScope(koffiNetlink, scope));
const tables =
  process.argv[2] === "spawned"
    ? spawnedRouteTables
    : netlinkRouteTables(Context.get(context, Netlink));

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as
    | { readonly read: readonly number[] }
    | { readonly write: RouteChange };
  const work: Effect.Effect<unknown, { readonly words: string }> =
    "read" in asked ? tables.read(asked.read) : tables.write(asked.write);
  const began = process.cpuUsage();
  const answer = await Effect.runPromise(
    work.pipe(
      Effect.map((ok) => ({ ok: ok ?? null })),
      Effect.catch(({ words }) => Effect.succeed({ error: words })),
    ),
  );
  const { user, system } = process.cpuUsage(began);
  console.log(JSON.stringify({ ...answer, cpuMicroseconds: user + system }));
}
