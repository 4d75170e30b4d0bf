import type { Reading } from "#core/node/input.ts";
import { priceClass } from "#core/units/price-class.ts";
import {
  classesOf,
  generationOf,
  type LineWorld,
  nodeAt,
  type Way,
  type WireEnd,
  wayAt,
  wayOf,
  wireAt,
} from "./world.ts";

/** A tunnel direction that nothing has passed. */
export function quietWay(): Way {
  return {
    rawSent: 0n,
    rawReceived: 0n,
    quota: 0n,
    gate: 0n,
    standing: "open",
    sent: 0n,
    tx: 0n,
    rx: 0n,
    payerResets: 0n,
    degraded: 0n,
    forwarded: 0n,
    forgiven: 0n,
  };
}

/** Bytes are sent over a wire from one side; of those the kernel lets pass, some are lost. */
export function traffic(
  world: LineWorld,
  wire: number,
  side: 0 | 1,
  bytes: bigint,
  lostPerMille: bigint,
  paidClass = 1,
): bigint {
  const path = wayAt(world, wire, side, paidClass);
  const left = path.quota - path.rawSent;
  const passed = left <= 0n ? 0n : bytes < left ? bytes : left;
  path.degraded += bytes - passed;
  return cross(path, passed, lostPerMille);
}

/** A sender whose kernel obeys no quota (T7): everything goes out as paid. */
export function flood(
  world: LineWorld,
  wire: number,
  side: 0 | 1,
  bytes: bigint,
  lostPerMille: bigint,
): bigint {
  return cross(wayAt(world, wire, side), bytes, lostPerMille);
}

function cross(path: Way, passed: bigint, lostPerMille: bigint): bigint {
  const arrived = passed - (passed * lostPerMille) / 1000n;
  path.rawSent += passed;
  path.sent += passed;
  path.tx += passed;
  const open = path.gate - path.rawReceived;
  path.forwarded += open <= 0n ? 0n : arrived < open ? arrived : open;
  path.rawReceived += arrived;
  path.rx += arrived;
  return arrived;
}

/** Bytes that the payee's counter counts though the payer's did not (T19): handshakes, doubles. */
export function appear(world: LineWorld, wire: number, side: 0 | 1, bytes: bigint): void {
  const path = wayAt(world, wire, side);
  path.rawReceived += bytes;
  path.rx += bytes;
}

/** A tunnel interface is made anew: zero counters of another generation; quota and gate closed. */
export function recreate(world: LineWorld, end: WireEnd): void {
  wireAt(world, end.wire).generation[end.side] += 1;
  for (const paidClass of classesOf(world)) {
    Object.assign(wayOf(world, end, "out", paidClass), { rawSent: 0n, quota: 0n });
    Object.assign(wayOf(world, end, "in", paidClass), { rawReceived: 0n, gate: 0n });
  }
}

/** What the agent would read now. */
export function readings(world: LineWorld, index: number): readonly Reading[] {
  return nodeAt(world, index).ends.flatMap((end) =>
    classesOf(world).map((paidClass) => ({
      neighbour: end.neighbour,
      class: priceClass(paidClass),
      generation: generationOf(world, end),
      sent: wayOf(world, end, "out", paidClass).rawSent,
      received: wayOf(world, end, "in", paidClass).rawReceived,
    })),
  );
}
