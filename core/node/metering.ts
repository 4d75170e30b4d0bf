import { deliveryClass, earnsOn, paysOn } from "#core/account/delivery.ts";
import {
  attach,
  generationLimit,
  lowerPosition,
  type Meter,
  sight,
  upperPosition,
} from "#core/meter/meter.ts";
import { origin, type Position, positionLimit } from "#core/units/position.ts";
import { actAsPayee, owesTooMuch, sendLeases } from "./granting.ts";
import type { Reading } from "./input.ts";
import { actAsPayer } from "./paying.ts";
import { paidPosition } from "./resale.ts";
import {
  type Acting,
  acting,
  earningClasses,
  inboundOf,
  isDelivery,
  outboundOf,
  type PathKey,
  paidClasses,
  record,
  refuse,
  refuseAbsent,
  revise,
  revisePath,
  type Turn,
} from "./turn.ts";

/** Raw counters become positions; then both sides of every account that moved act. */
export function takeReadings(turn: Turn, readings: readonly Reading[]): void {
  const moved = new Set<number>();
  for (const reading of readings) {
    const of = acting(turn, reading.neighbour);
    if (of === undefined) {
      refuseAbsent(turn, reading.neighbour);
    } else if (!isPossible(reading)) {
      refuse(turn, reading.neighbour, "counter out of range");
    } else if (reading.class === 0) {
      takeFreeReading(turn, reading, of);
    } else if (of.live.paths[reading.class - 1] === undefined || isDelivery(of, reading.class)) {
      refuse(turn, reading.neighbour, "unknown price class");
    } else {
      const out = paysOn(of.ledger, reading.class) && takeSent(turn, reading);
      const into = earnsOn(of.ledger, reading.class) && takeReceived(turn, reading);
      const delivered = takeDelivered(turn, reading, of);
      if (out || into || delivered) moved.add(reading.neighbour);
    }
  }
  for (const neighbour of moved) {
    actAsPayer(turn, neighbour, false);
    actAsPayee(turn, neighbour);
  }
}

/**
 * What the tunnel that carries a delivery account counts for it: an exit is paid for what it sends,
 * so that is what it reads as payee; a client pays for what it receives.
 */
function takeDelivered(turn: Turn, reading: Reading, { ledger }: Acting): boolean {
  const delivery = deliveryClass(ledger);
  if (delivery === undefined || ledger.delivery?.carrier !== reading.class) return false;
  const { sent, received } = reading;
  const swapped = { ...reading, class: delivery, sent: received, received: sent };
  return ledger.delivery.role === "exit" ? takeReceived(turn, swapped) : takeSent(turn, swapped);
}

/** Whether a reading fits the journal. One that does not is no reading, whoever made it. */
function isPossible(reading: Reading): boolean {
  const { generation, sent, received } = reading;
  const named = generation.length > 0 && generation.length <= generationLimit;
  return named && isAscii(generation) && isCounter(sent) && isCounter(received);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function isCounter(raw: bigint): boolean {
  return raw >= 0n && raw <= positionLimit;
}

/** The payer's half: x. A counter of unknown past makes the position leap to r (P6). */
function takeSent(turn: Turn, reading: Reading): boolean {
  const key: PathKey = { neighbour: reading.neighbour, class: reading.class };
  const found = outboundNow(turn, key);
  if (found === undefined) return false;
  let meter: Meter | undefined = found.path.outMeter;
  let sighting = meter === undefined ? undefined : sight(meter, reading.generation, reading.sent);
  const leapt = sighting === undefined || sighting.kind === "reset";
  if (sighting === undefined || sighting.kind === "reset") {
    // What a counter of a new generation shows was sent after the leap, and so was what a counter
    // at its first sight shows, if no more than the handshakes of a new tunnel. More than that was
    // sent on an account whose journal is lost: before the leap.
    const { generation } = reading;
    const allowance = acting(turn, key.neighbour)?.terms.allowance ?? 0n;
    const lost = meter === undefined && reading.sent > allowance;
    const raw = lost ? reading.sent : 0n;
    record(turn, { type: "PositionLeapt", ...key, generation, raw });
    meter = attach(generation, found.account.reserved, raw);
    revisePath(turn, key, { sent: found.account.reserved, quota: undefined });
    sighting = sight(meter, reading.generation, reading.sent);
  }
  if (sighting.kind === "doubted") refuse(turn, key.neighbour, sighting.why);
  const next = sighting.kind === "reset" ? meter : sighting.meter;
  const told = found.path.quota !== undefined;
  if (next === found.path.outMeter && !leapt && told) return false;
  if (next !== undefined) revisePath(turn, key, { outMeter: next, seen: true });
  return sighting.kind === "counted" && next !== undefined && raiseSent(turn, key, next, leapt);
}

/** x := max(x, min(reading, r)): a flipped reading costs at most one chunk (T18). */
function raiseSent(turn: Turn, key: PathKey, meter: Meter, leapt: boolean): boolean {
  const found = outboundNow(turn, key);
  if (found === undefined) return false;
  const read = upperPosition(meter);
  const { reserved } = found.account;
  const cut = read < reserved ? read : reserved;
  if (cut <= found.path.sent) return leapt || found.path.quota === undefined;
  revisePath(turn, key, { sent: cut });
  return true;
}

/** The payee's half: what is read, journaled as y every U bytes, or when it would throttle. */
function takeReceived(turn: Turn, reading: Reading): boolean {
  const key: PathKey = { neighbour: reading.neighbour, class: reading.class };
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : inboundOf(of, key.class);
  if (of === undefined || found === undefined) return false;
  const before = found.path.inMeter;
  let meter = before;
  let sighting =
    meter === undefined ? undefined : sight(meter, reading.generation, reading.received);
  if (sighting === undefined || sighting.kind === "reset") {
    // Counting begins now, or what was unread is forgiven and counting goes on from y (Q5).
    journalRead(turn, key, true);
    const raw = meter === undefined ? reading.received : 0n;
    record(turn, { type: "BytesForgiven", ...key, generation: reading.generation, raw });
    const read = found.path.read > found.account.read ? found.path.read : found.account.read;
    meter = attach(reading.generation, read, raw);
    revisePath(turn, key, { read, gate: undefined });
    sighting = sight(meter, reading.generation, reading.received);
  }
  if (sighting.kind === "doubted") refuse(turn, key.neighbour, sighting.why);
  const next = sighting.kind === "reset" ? meter : sighting.meter;
  const told = found.path.gate !== undefined;
  if ((next === before && told) || next === undefined) return false;
  const read = lowerPosition(next);
  const paid = paidPosition(of, key.class) ?? origin;
  const higher = read > found.path.read ? read : found.path.read;
  revisePath(turn, key, { inMeter: next, read: higher, paid });
  journalRead(turn, key, false);
  return true;
}

/** Q3. Journals y when U bytes came, when it would throttle, or when settling. */
function journalRead(turn: Turn, key: PathKey, settling: boolean): void {
  const of = acting(turn, key.neighbour);
  const found = of === undefined ? undefined : inboundOf(of, key.class);
  if (of === undefined || found?.path.inMeter === undefined) return;
  const { read, inMeter } = found.path;
  const unread = read - found.account.read;
  if (unread <= 0n) return;
  if (settling || unread >= of.terms.readChunk || owesTooMuch(of, key.class, read)) {
    record(turn, { type: "BytesRead", ...key, read, raw: inMeter.confirmed });
  }
}

/** Settling: both positions go to the journal as they stand, for the audit. */
export function journalPositions(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  for (const paidClass of paidClasses(of)) {
    const key = { neighbour, class: paidClass };
    journalRead(turn, key, true);
    const found = outboundOf(of, paidClass);
    if (found?.path.outMeter !== undefined && found.path.sent > found.account.sent) {
      const raw = found.path.outMeter.confirmed;
      record(turn, { type: "SentRead", ...key, sent: found.path.sent as Position, raw });
    }
  }
}

/** Q6: free traffic from a neighbour without lease: every U bytes, offer the lease again. */
function takeFreeReading(turn: Turn, reading: Reading, of: Acting): void {
  const received = reading.received < of.live.freeReceived ? 0n : reading.received;
  const offered = of.live.freeOffered > received ? 0n : of.live.freeOffered;
  revise(turn, reading.neighbour, { freeReceived: received, freeOffered: offered });
  if (received - offered < of.terms.readChunk) return;
  for (const paidClass of earningClasses(of)) {
    const found = inboundOf(of, paidClass);
    const without = found !== undefined && found.account.unacknowledged.length > 0;
    if (without) sendLeases(turn, { neighbour: reading.neighbour, class: paidClass });
  }
  revise(turn, reading.neighbour, { freeOffered: received });
}

function outboundNow(turn: Turn, key: PathKey) {
  const of = acting(turn, key.neighbour);
  return of === undefined ? undefined : outboundOf(of, key.class);
}
