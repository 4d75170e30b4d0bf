import fc from "fast-check";
import { expect, test } from "vitest";
import { objections } from "#core/audit/objection.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { fromHex, sameBytes } from "#core/identity/hexadecimal.ts";
import { evolve } from "#core/journal/ledger.ts";
import type { Step } from "#core/node/step.ts";
import { datagramLimit } from "#core/peer/message.ts";
import { encodeMessage, encodeVoucher } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import type { Lease } from "#core/schedule/lease.ts";
import { journalId, journalIdLimit } from "#core/units/journal-id.ts";
import { type Money, moneyLimit, tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { type Position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { modelledCheck, testSigner } from "../simulator/test-signer.ts";
import {
  arriveAt,
  livelyPair,
  newRefusals,
  type Scene,
  sceneOfEach,
  scenesOf,
} from "./lively-pair.ts";

const scenes = sceneOfEach(scenesOf(livelyPair()));
const kinds = scenes.map((scene) => [scene.message.type, scene] as const);

/** Whatever was decided is right by the rules and the signatures, or nothing was decided. */
function expectHarmless(scene: Scene, { events, node }: Step): void {
  let ledger = scene.receiver.ledger;
  for (const event of events) {
    expect(objections(ledger, event, modelledCheck)).toEqual([]);
    ledger = evolve(ledger, event);
  }
  expect(node.ledger).toEqual(ledger);
  expect(node.ledger.neighbours[0]?.broken).toBeUndefined();
}

/** After whatever arrived, the honest message still leads to what it led to before. */
function expectStillWorks(scene: Scene, after: Step): void {
  expect(arriveAt(scene, scene.bytes, after.node).events).toEqual(scene.events);
}

test.each(kinds)(
  "every truncation of a %s is refused as malformed and changes nothing",
  (_, scene) => {
    for (let length = 0; length < scene.bytes.length; length++) {
      const after = arriveAt(scene, scene.bytes.subarray(0, length));
      expect(newRefusals(scene.receiver, after.node)).toEqual({ "malformed datagram": 1 });
      expect(after.node.ledger).toBe(scene.receiver.ledger);
      expect([after.events, after.outputs]).toEqual([[], []]);
    }
  },
);

test.each(kinds)("a %s with any byte after its end is refused as malformed", (_, scene) => {
  for (let byte = 0; byte < 256; byte++) {
    const after = arriveAt(scene, Uint8Array.of(...scene.bytes, byte));
    expect(newRefusals(scene.receiver, after.node)).toEqual({ "malformed datagram": 1 });
    expect(after.node.ledger).toBe(scene.receiver.ledger);
  }
});

test.each(kinds)(
  "every single bit flip of a %s does no harm, and the honest message still works",
  (_, scene) => {
    let refused = 0;
    for (let bit = 0; bit < scene.bytes.length * 8; bit++) {
      const bytes = scene.bytes.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const after = arriveAt(scene, bytes);
      expectHarmless(scene, after);
      if (after.events.length === 0) expectStillWorks(scene, after);
      if (Object.keys(newRefusals(scene.receiver, after.node)).length > 0) refused += 1;
    }
    // What is not refused says something true and harmless, such as another acknowledgement.
    expect(refused).toBeGreaterThan(scene.bytes.length * 8 * 0.6);
  },
);

test.each(kinds)("arbitrary damage to a %s never throws and never does harm", (_, scene) => {
  const damage = fc.array(
    fc.record({ at: fc.nat(scene.bytes.length), byte: fc.integer({ min: 0, max: 255 }) }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(damage, (list) => {
      const bytes = Array.from(scene.bytes);
      for (const { at, byte } of list) {
        if (byte % 3 === 0) bytes.splice(at, 1);
        else if (byte % 3 === 1) bytes.splice(at, 0, byte);
        else bytes[at % bytes.length] = byte;
      }
      expectHarmless(scene, arriveAt(scene, Uint8Array.from(bytes)));
    }),
    { numRuns: 300 },
  );
});

test("a datagram of the largest size is looked at, one byte more is refused unread", () => {
  const scene = scenes[0];
  if (scene === undefined) throw new Error("no scene");
  const of = (size: number) => arriveAt(scene, new Uint8Array(size)).node;
  expect(newRefusals(scene.receiver, of(datagramLimit))).toEqual({ "malformed datagram": 1 });
  expect(newRefusals(scene.receiver, of(datagramLimit + 1))).toEqual({ "oversized datagram": 1 });
  expect(newRefusals(scene.receiver, of(1 << 20))).toEqual({ "oversized datagram": 1 });
});

test("another version and another kind of message are refused by name", () => {
  for (const scene of scenes) {
    const [head, version, kind] = scene.bytes;
    if (head === undefined || version === undefined || kind === undefined) throw new Error("short");
    const changed = (at: number, byte: number) => {
      const bytes = scene.bytes.slice();
      bytes[at] = byte;
      return newRefusals(scene.receiver, arriveAt(scene, bytes).node);
    };
    expect(changed(1, 0)).toEqual({ "unknown protocol version": 1 });
    expect(changed(1, 3)).toEqual({ "unknown protocol version": 1 });
    expect(changed(1, 127)).toEqual({ "unknown protocol version": 1 });
    // A version that is known, in which the message never had this form.
    expect(changed(1, version === 1 ? 2 : 1)).toEqual({ "malformed datagram": 1 });
    expect(changed(2, 0)).toEqual({ "unknown kind of message": 1 });
    expect(changed(2, 7)).toEqual({ "unknown kind of message": 1 });
  }
});

test("a message under another name is refused, whoever passes it on", () => {
  const stranger = testSigner(9).id;
  for (const scene of scenes) {
    const after = arriveAt(scene, encodeMessage({ ...scene.message, sender: stranger }));
    expect(newRefusals(scene.receiver, after.node)).toEqual({ "message of another sender": 1 });
    const own = scene.receiver.signer.id;
    const echoed = arriveAt(scene, encodeMessage({ ...scene.message, sender: own }));
    expect(newRefusals(scene.receiver, echoed.node)).toEqual({ "message of another sender": 1 });
  }
});

test("a message meant for somebody else is refused", () => {
  const stranger = testSigner(9).id;
  for (const scene of scenes) {
    if (!("recipient" in scene.message)) continue;
    const after = arriveAt(scene, encodeMessage({ ...scene.message, recipient: stranger }));
    expect(newRefusals(scene.receiver, after.node)).toEqual({ "message for another recipient": 1 });
    expect(after.events).toEqual([]);
  }
});

test("replayed messages, in any order and any number, change nothing more (T4)", () => {
  const world = livelyPair();
  const said = scenesOf(world);
  const last = said[said.length - 1];
  if (last === undefined) throw new Error("nothing said");
  const to = said.filter((scene) => scene.receiver.signer.id === last.receiver.signer.id);
  const settled = arriveAt(last, last.bytes).node;
  fc.assert(
    fc.property(fc.array(fc.nat(to.length - 1), { maxLength: 40 }), (order) => {
      let node = settled;
      for (const i of order) {
        const scene = to[i];
        if (scene === undefined) continue;
        const after = arriveAt(scene, scene.bytes, node);
        expect(after.events.filter((event) => event.type !== "LeaseGranted")).toEqual([]);
        node = after.node;
      }
      expect(node.ledger.neighbours[0]?.broken).toBeUndefined();
    }),
  );
});

test("real signatures: flipping any bit of a signature in a HELLO, STATEMENT or ADVERT is refused", () => {
  const real = sceneOfEach(scenesOf(livelyPair({ keys: "real" }), 3));
  for (const scene of real) {
    const { message } = scene;
    if (!("signature" in message)) continue;
    for (let bit = 0; bit < 65 * 8; bit += 7) {
      const signature = message.signature.slice();
      signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const after = arriveAt(scene, encodeMessage({ ...message, signature }));
      expect(newRefusals(scene.receiver, after.node)).toEqual({ "bad signature": 1 });
      expect(after.node.ledger).toBe(scene.receiver.ledger);
    }
  }
});

test("text that is longer, and lists that are longer, than the limits are refused", () => {
  const sender = fromHex(testSigner(2).id);
  const recipient = fromHex(testSigner(1).id);
  const signature = new Uint8Array(65);
  const lease = [1, 0, 1, 1, 0, 0, 1, 2, signature];
  const head = [sender, 2, 1];
  const advert = (offers: readonly (readonly [string, number, number])[]) =>
    canonical([1, 5, ...head, recipient, 1, 1, offers, signature]);
  const offer = ["::/0", 1, 1] as const;
  const forms: readonly (readonly [Uint8Array, boolean])[] = [
    [canonical([1, 2, ...head, 1, Array(6).fill(lease), []]), true],
    [canonical([1, 2, ...head, 1, Array(7).fill(lease), []]), false],
    [canonical([1, 2, ...head, 0, [lease], []]), false],
    [canonical([1, 2, ...head, 8, [lease], []]), false],
    [canonical([1, 2, ...head, 1, [[1, 0, 1, 0, 0, 0, 1, 2, signature]], []]), false],
    [canonical([1, 2, ...head, 1, [[1, 0, 1, 1, 0, 0, 0, 2, signature]], []]), false],
    [canonical([1, 2, ...head, 1, [[1, 0, 1, 1, 0, 0, 2 ** 32, 2, signature]], []]), false],
    [canonical([1, 2, sender, 0, 1, 1, [lease], []]), false],
    [canonical([1, 2, sender, 2 ** 32, 1, 1, [lease], []]), false],
    [canonical([1, 2, sender, 2, 2 ** 32, 1, [lease], []]), false],
    [canonical([1, 2, sender, 2, 0, 1, [lease], []]), true],
    [canonical([1, 3, ...head, [], Array(7).fill([])]), true],
    [canonical([1, 3, ...head, [], Array(8).fill([])]), false],
    [canonical([1, 3, ...head, [], []]), false],
    [advert(Array(16).fill(offer)), true],
    [advert(Array(17).fill(offer)), false],
    [advert([["a".repeat(43), 1, 1]]), true],
    [advert([["a".repeat(44), 1, 1]]), false],
    [advert([["::/0", 0, 1]]), false],
    [advert([["::/0", 1, 0]]), false],
    [canonical([1, 4, ...head, recipient, Array(7).fill([1, 1]), signature]), true],
    [canonical([1, 4, ...head, recipient, Array(8).fill([1, 1]), signature]), false],
    [canonical([1, 4, ...head, recipient, [[1n << 64n, 1]], signature]), false],
  ];
  for (const [bytes, good] of forms) {
    const message = decodeMessage(bytes);
    expect(typeof message === "string" ? message : "decoded").toBe(
      good ? "decoded" : "malformed datagram",
    );
    if (typeof message !== "string") expect(sameBytes(encodeMessage(message), bytes)).toBe(true);
  }
});

test("a VOUCHER of seven classes fits one datagram, and with the largest numbers there are says less", () => {
  const payer = testSigner(1);
  const head = { sender: payer.id, from: journalId(journalIdLimit - 1) };
  const held = (most: boolean): Lease => ({
    number: most ? positionLimit : (1n << 32n) - 1n,
    from: (most ? positionLimit : (1n << 56n) - 1n) as Position,
    to: (most ? positionLimit : (1n << 56n) - 1n) as Position,
    price: price(most ? priceLimit : (1n << 40n) - 1n),
    due: (most ? moneyLimit : (1n << 90n) - 1n) as Money,
    settled: (most ? positionLimit : (1n << 56n) - 1n) as Position,
    payerJournal: head.from,
    payeeJournal: head.from,
    signature: new Uint8Array(65),
  });
  const shownOf = (most: boolean) => {
    const totals = Array<Money>(7).fill((most ? moneyLimit : (1n << 90n) - 1n) as Money);
    const cumulative = tokenUnits(most ? tokenUnitsLimit : 1n << 90n);
    const voucher = { totals, cumulative, signature: new Uint8Array(65) };
    const leases = Array<Lease>(7).fill(held(most));
    const bytes = encodeVoucher({ type: "VOUCHER", ...head, to: head.from, voucher, held: leases });
    expect(bytes.length).toBeLessThanOrEqual(datagramLimit);
    const message = decodeMessage(bytes);
    if (typeof message === "string" || message.type !== "VOUCHER") throw new Error("no VOUCHER");
    expect(message.voucher?.totals.length).toBe(7);
    return message.held.map((lease) => lease !== undefined);
  };
  expect(shownOf(false)).toEqual(Array(7).fill(true));
  const shown = shownOf(true);
  expect(shown.slice(0, 5)).toEqual(Array(5).fill(true));
  expect(shown).toContain(false);
});
