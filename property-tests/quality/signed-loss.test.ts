import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signedLinks } from "#agent/routing/signed-links.ts";
import type { Terms } from "#core/account/terms.ts";
import type { Statement } from "#core/peer/message.ts";
import { encodeMessage, statementDigest } from "#core/peer/message-form.ts";
import {
  leastStretch,
  ppmOf,
  type SignedWindow,
  signedLossOf,
  withSigned,
} from "#core/quality/signed-loss.ts";
import { money } from "#core/units/money.ts";
import type { Position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { refusalsOf } from "../simulator/books.ts";
import {
  books,
  deliverAll,
  drain,
  feed,
  headBetween,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  traffic,
} from "../simulator/line-world.ts";
import "../laws/law-runs.ts";

const terms: Terms = {
  payThreshold: money(100_000n),
  creditLimit: money(40_000_000n),
  reservation: 2_000_000n,
  readChunk: 100_000n,
  priceCap: price(50n),
  allowance: 0n,
};

/** Two neighbours, of which the first sends: so many of a thousand bytes are lost. */
function carried(perMille: bigint, rounds = 60): LineWorld {
  const world = lineWorld({
    terms,
    deposit: 10n ** 12n,
    grainsPerUnit: 1n,
    prices: [1n, 1n],
  });
  drain(world, 4);
  for (let i = 0; i < rounds; i++) carry(world, perMille);
  return world;
}

function carry(world: LineWorld, perMille: bigint): void {
  traffic(world, 0, 0, 150_000n, perMille);
  traffic(world, 0, 1, 120_000n, 0n);
  for (const i of [0, 1]) {
    read(world, i);
    feed(world, i, { type: "Poke" });
  }
  deliverAll(world);
}

/** What a node knows of its link, having looked at everything it heard. */
function linkOf(world: LineWorld, at: 0 | 1, perMille: bigint, rounds = 60) {
  const links = signedLinks();
  const other = nodeAt(world, 1 - at).signer.id;
  for (let i = 0; i < rounds; i++) {
    carry(world, perMille);
    links.look(nodeAt(world, at).node);
  }
  return links.of(other);
}

/** A statement of node 1 to node 0 with other counters than true ones. */
function stated(
  world: LineWorld,
  counters: { readonly sent: bigint; readonly read: bigint; readonly echo: bigint },
  forged = false,
): void {
  const { sent, read: arrived, echo } = counters;
  const statement: Omit<Statement, "signature"> = {
    type: "STATEMENT",
    ...headBetween(world, 1, 0),
    recipient: nodeAt(world, 0).signer.id,
    counters: [{ sent: sent as Position, read: arrived as Position }],
    echoes: [echo as Position],
  };
  const { signer } = nodeAt(world, forged ? 0 : 1);
  const signature = signer.sign(statementDigest(statement));
  const bytes = encodeMessage({ ...statement, signature });
  feed(world, 0, { type: "Datagram", neighbour: 0, bytes });
}

const countedBy = (world: LineWorld) => nodeAt(world, 0).node.live[0]?.paths[0]?.counted;

describe("loss of a link by counters that both ends signed", () => {
  test.each([0n, 10n, 50n, 200n])("is what was lost of it: %s of a thousand", (perMille) => {
    const world = carried(perMille, 4);
    const sender = linkOf(world, 0, perMille);
    const receiver = linkOf(world, 1, perMille);
    const near = (found: bigint | undefined) => {
      expect(found).toBeGreaterThanOrEqual(perMille * 1000n - 2000n);
      expect(found).toBeLessThanOrEqual(perMille * 1000n + 2000n);
    };
    near(sender.out);
    near(receiver.in);
    // The other direction loses nothing, and neither end is told that it does.
    expect(sender.in).toBeLessThanOrEqual(2000n);
    expect(receiver.out).toBeLessThanOrEqual(2000n);
  });

  test("is measured by no statement whose signature is another's, or that goes back, or has more than was sent", () => {
    const world = carried(50n);
    const before = countedBy(world);
    if (before === undefined) throw new Error("nothing was counted");
    const { x } = books(world, 0, 0);
    const journal = nodeAt(world, 0).journal.length;
    const echo = x as bigint;
    const good = { sent: before.theirs + 1n, read: before.arrived + 1n, echo };
    expect(echo).toBeGreaterThan(before.ours);
    stated(world, good, true);
    expect(countedBy(world)).toBe(before);
    stated(world, { ...good, read: before.arrived - 1n });
    stated(world, { ...good, sent: before.theirs - 1n });
    expect(countedBy(world)).toBe(before);
    const beyond = books(world, 0, 0).r + 1n;
    stated(world, { ...good, read: beyond });
    expect(countedBy(world)).toBe(before);
    expect(refusalsOf(world, 0)).toMatchObject({
      "bad signature": 1,
      "stated counter went back": 2,
      "stated more than was sent": 1,
    });
    // An older one that comes late says nothing, and is held against nobody.
    stated(world, { sent: 1n, read: 1n, echo: before.ours });
    expect(refusalsOf(world, 0)["stated counter went back"]).toBe(2);
    stated(world, good);
    expect(countedBy(world)).toMatchObject({ ours: echo, arrived: good.read });
    // Nothing of all this is billed or journaled.
    expect(nodeAt(world, 0).journal.length).toBe(journal);
  });

  test("is unknown where too little was sent, and begins anew where a counter did", () => {
    const first = { sent: 10n, received: 10n };
    const begun = [0n, 1n, 2n, 10n].map((bytes) => ({ sent: bytes, received: bytes }));
    const few = withSigned(begun, { sent: 10n + leastStretch - 1n, received: 10n });
    expect(signedLossOf(few)).toBeUndefined();
    const enough = withSigned(few, { sent: 10n + leastStretch, received: 10n });
    expect(ppmOf(signedLossOf(enough) ?? { sent: 0n, lost: 0n })).toBe(1_000_000n);
    expect(withSigned(enough, { sent: 5n, received: 5n })).toEqual([{ sent: 5n, received: 5n }]);
    expect(withSigned(enough, enough.at(-1) ?? first)).toBe(enough);
    expect(signedLossOf([])).toBeUndefined();
  });

  test("what passes between a counter's reading and the other end's is no loss, unless four times in a row", () => {
    const step = fc.record({ sent: fc.bigInt(0n, 400_000n), late: fc.bigInt(0n, 200_000n) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 200 }), (steps) => {
        let sent = 0n;
        let window: SignedWindow = [];
        steps.forEach((one, i) => {
          sent += one.sent;
          const late = i % 4 === 3 ? 0n : one.late;
          window = withSigned(window, { sent, received: sent + late });
          sent += late;
          expect([i, signedLossOf(window)?.lost ?? 0n]).toEqual([i, 0n]);
        });
      }),
    );
  });
});
