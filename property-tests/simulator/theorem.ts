import { books } from "./books.ts";
import { classesOf, type LineWorld } from "./world.ts";

/**
 * The theorems that must hold of both ends of every account after every step, against the truth
 * that only the simulator knows. Returns the first that does not, in words.
 */
export function broken(world: LineWorld): string | undefined {
  for (const wire of world.wires.keys()) {
    for (const paidClass of classesOf(world)) {
      for (const side of [0, 1] as const) {
        const found = brokenOn(world, wire, side, paidClass);
        if (found !== undefined) return `wire ${wire} side ${side} class ${paidClass}: ${found}`;
      }
    }
  }
  const alarm = world.nodes.flatMap((node) => node.alarms)[0];
  return alarm === undefined ? undefined : `alarm: ${alarm}`;
}

function brokenOn(
  world: LineWorld,
  wire: number,
  side: 0 | 1,
  paidClass: number,
): string | undefined {
  const { way, x, r, g, v, payerF, y, G, w, payeeF } = books(world, wire, side, paidClass);
  const { terms } = world.options;
  const limit = terms.creditLimit;
  const leapt = way.payerResets * terms.reservation;
  const claims: readonly (readonly [string, boolean])[] = [
    [`T1 y ${y} <= rx ${way.rx} <= tx ${way.tx}`, y <= way.rx && way.rx <= way.tx],
    [`T1 tx ${way.tx} <= r ${r} <= g ${g} <= G ${G}`, way.tx <= r && r <= g && g <= G],
    [`T1 x ${x} <= tx ${way.tx}`, x <= way.tx],
    ["T2 the payer's schedule is a prefix of the payee's", payerF(g) === payeeF(g)],
    [`T3 F(y) <= F(tx)`, payeeF(y) <= payeeF(way.tx)],
    [`T5 0 <= w ${w} <= v ${v} <= F(tx) ${payerF(way.tx)}`, w <= v && v <= payerF(way.tx)],
    [`T6 F(y) ${payeeF(y)} <= w ${w} + L`, payeeF(y) <= w + limit],
    ["T6 nobody honest is throttled", world.nodes.every((node) => node.throttles === 0)],
    [`T7 F(G) ${payeeF(G)} <= w ${w} + L`, payeeF(G) <= w + limit],
    [`T8 tx ${way.tx} <= sent ${way.sent} + c x resets ${leapt}`, way.tx <= way.sent + leapt],
  ];
  return claims.find(([, holds]) => !holds)?.[0];
}
