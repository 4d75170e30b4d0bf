import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import { type LineWorld, nodeAt, wayAt, wireAt } from "./world.ts";

/** Both books about one direction of a wire, on one class. */
export function books(world: LineWorld, wire: number, side: 0 | 1, paidClass = 1) {
  const found = wireAt(world, wire);
  const index = paidClass - 1;
  const payer = nodeAt(world, found.nodes[side]);
  const payee = nodeAt(world, found.nodes[side === 0 ? 1 : 0]);
  const out = payer.ends.find((end) => end.wire === wire)?.neighbour ?? 0;
  const into = payee.ends.find((end) => end.wire === wire)?.neighbour ?? 0;
  const outbound = payer.node.ledger.neighbours[out];
  const inbound = payee.node.ledger.neighbours[into];
  const owing = outbound?.outbound[index];
  const owed = inbound?.inbound[index];
  if (owing === undefined || owed === undefined) throw new Error("neighbours not configured");
  return {
    way: wayAt(world, wire, side, paidClass),
    x: payer.node.live[out]?.paths[index]?.sent ?? 0n,
    r: owing.reserved,
    g: owing.schedule.end,
    v: owing.signed,
    payerF: (at: bigint) => due(owing.schedule, at as Position),
    y: owed.read,
    G: owed.schedule.end,
    w: owed.credited,
    payeeF: (at: bigint) => due(owed.schedule, at as Position),
    price: owed.price,
    signed: outbound?.signed,
    credited: inbound?.credited,
  };
}

/** How often a node refused something from a neighbour, by reason. */
export function refusalsOf(world: LineWorld, index: number, neighbour = 0) {
  return nodeAt(world, index).node.live[neighbour]?.refusals ?? {};
}
