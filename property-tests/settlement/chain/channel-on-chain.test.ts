import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf } from "#core/settlement/address.ts";
import { finalDigest, inOrder } from "#core/settlement/typed-data.ts";
import { tokenUnits } from "#core/units/money.ts";
import { type ChainLab, openChainLab, step, voucher } from "./chain-lab.ts";

let lab: ChainLab;
beforeAll(async () => {
  lab = await openChainLab();
});
afterAll(() => lab.close());

const units = (value: bigint) => tokenUnits(value);

describe("two neighbours on a chain", () => {
  test("open, deposit, register, close by notice, and each gets what vouchers say", async () => {
    const { a, b, place, mine } = lab;
    const [ofA, ofB] = [lab.session(a), lab.session(b)];
    const looks = async () => {
      const [seenByA, seenByB] = [await ofA.look([b.id]), await ofB.look([a.id])];
      return { a: seenByA.facts[0], b: seenByB.facts[0] };
    };
    expect((await looks()).a?.outlook.status).toBe("none");
    expect(await ofA.perform(b.id, step({ type: "Open", deposit: units(1000n) }))).toBe("sent");
    await mine(3);
    const opened = await looks();
    expect(opened.a).toMatchObject({ open: true, depositOut: 1000n, depositIn: 0n });
    expect(opened.b).toMatchObject({ open: true, depositOut: 0n, depositIn: 1000n });
    expect(opened.b?.channelId).toBe(opened.a?.channelId);

    await ofB.perform(a.id, step({ type: "Deposit", total: units(500n) }));
    await mine(3);
    expect((await looks()).a).toMatchObject({ depositIn: 500n });

    const channelId = opened.a?.channelId ?? "";
    const paid = voucher(place, a, channelId, units(300n));
    await ofB.perform(a.id, step({ type: "Register", voucher: paid }));
    await mine(3);
    expect((await looks()).b?.outlook).toMatchObject({ registeredIn: 300n, registeredOut: 0n });

    await ofA.perform(b.id, step({ type: "StartClose" }));
    await mine();
    // A close is seen before it is final, and amounts are not: there is not always time for that.
    expect((await looks()).b).toMatchObject({ open: true, outlook: { status: "closing" } });
    await mine(3);
    expect((await looks()).b).toMatchObject({ open: false, outlook: { status: "closing" } });
    await expect(ofA.perform(b.id, step({ type: "Finish" }))).rejects.toThrow(/TooEarly/);
    await lab.rpc("evm_increaseTime", 700);
    await mine();
    expect(await ofB.perform(a.id, step({ type: "Finish" }))).toBe("sent");
    await mine(3);
    const closed = await looks();
    expect(closed.a).toMatchObject({
      open: false,
      settledOut: 300n,
      settledIn: 0n,
      outlook: { status: "none" },
    });
    expect(closed.b).toMatchObject({ settledOut: 0n, settledIn: 300n });
    expect(closed.a?.channelId).not.toBe(channelId);
    expect(await lab.held()).toBe(0n);
    expect([ofA.outbox.pending(), ofB.outbox.pending()]).toEqual([[], []]);
  });

  test("the next channel of the two begins where the last one ended, and both may close it at once", async () => {
    const { a, b, place, mine } = lab;
    const [ofA, ofB] = [lab.session(a), lab.session(b)];
    await ofA.look([b.id]);
    await ofA.perform(b.id, step({ type: "Open", deposit: units(50n) }));
    await mine(3);
    const { facts } = await ofA.look([b.id]);
    await ofB.look([a.id]);
    expect(facts[0]).toMatchObject({ open: true, depositOut: 50n, settledOut: 300n });
    const channelId = facts[0]?.channelId ?? "";
    const [first] = inOrder([addressOf(a.id) ?? "", addressOf(b.id) ?? ""]);
    const totals = first === addressOf(a.id) ? ([20n, 5n] as const) : ([5n, 20n] as const);
    const digest = finalDigest({ ...place, channelId }, [units(totals[0]), units(totals[1])]);
    const final = { out: units(20n), in: units(5n) };
    const together = step({ type: "CloseTogether", final, theirs: b.sign(digest) });
    expect(await ofA.perform(b.id, together)).toBe("sent");
    await mine(3);
    const after = await ofB.look([a.id]);
    expect(after.facts[0]).toMatchObject({ settledIn: 320n, settledOut: 5n });
    expect(await lab.held()).toBe(0n);
  });
});
