import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exitRecord } from "#agent/routing/exit-record.ts";
import { linkProbe } from "#agent/routing/link-probe.ts";
import { tariffInterval, tariffSender } from "#agent/routing/tariff-sender.ts";
import { encodeTariff, signTariff } from "#core/peer/tariff-form.ts";
import { decodeTariff } from "#core/peer/tariff-reader.ts";
import { firstRest } from "#core/quality/backoff.ts";
import { neutral } from "#core/quality/evidence.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { testSigner } from "../simulator/test-signer.ts";

const exit = testSigner(1);
const share = 20_000n;

/** So many bytes stated, of which a share arrived, in statements of 100 kB with exact readings. */
function carried(record: ReturnType<typeof exitRecord>, from: bigint, bytes: bigint, ppm: bigint) {
  let [sent, arrived] = [from, from];
  for (let i = 0n; i < bytes / 100_000n; i++) {
    sent += 100_000n;
    arrived += 100_000n - (100_000n * ppm) / 1_000_000n;
    record.see(arrived);
    record.judge({ sent, atLeast: arrived, atMost: arrived }, share);
  }
  return record.state();
}

describe("what a client remembers of an exit", () => {
  test("a loss beyond what is put up with leaves it to rest, and once it has, all begins anew", () => {
    const record = exitRecord(exit.id);
    expect(carried(record, 0n, 5_000_000n, 10_000n).failures).toBe(0);
    const bad = carried(record, 5_000_000n, 1_000_000n, 200_000n);
    expect(bad).toMatchObject({ failures: 1, backoff: { rest: firstRest, strikes: 1n } });
    record.others(firstRest - 1n);
    expect(record.state().backoff.rest).toBe(1n);
    record.others(1n);
    const after = record.state();
    expect(after.backoff).toMatchObject({ rest: 0n, strikes: 1n });
    expect(after.rank).toBe(neutral);
    // What it served well since takes the failure back.
    expect(carried(record, 7_000_000n, 3_000_000n, 0n).backoff.strikes).toBe(0n);
  });

  test("while it rests nothing more is held against it, whatever still comes", () => {
    const record = exitRecord(exit.id);
    carried(record, 0n, 200_000n, 0n);
    expect(carried(record, 200_000n, 20_000_000n, 500_000n).failures).toBe(1);
  });

  test("a loss that is put up with, and above what the tariff promises, costs it rank", () => {
    const record = exitRecord(exit.id);
    record.take(encodeTariff(signTariff(exit, { number: 1n, loss: 0n, prices: [] })));
    const state = carried(record, 0n, 8_000_000n, 15_000n);
    expect(state.failures).toBe(0);
    expect(state.rank).toBeGreaterThan(3n * neutral);
    expect(state.loss).toBeGreaterThan(13_000n);
    expect(state.loss).toBeLessThanOrEqual(15_000n);
  });

  test("tariffs that are not taken are counted by their reason", () => {
    const record = exitRecord(exit.id);
    const one = (number: bigint) =>
      encodeTariff(signTariff(exit, { number, loss: 0n, prices: [] }));
    expect(record.take(one(2n))).toBeUndefined();
    expect(record.take(one(1n))).toBe("expired");
    expect(record.take(new Uint8Array(5))).toBe("malformed");
    expect(record.refused()).toEqual({ expired: 1, malformed: 1 });
    expect(record.tariff()?.number).toBe(2n);
  });
});

describe("what an exit bills", () => {
  const band = { share, bytes: 300_000n };
  const step = fc.record({
    sent: fc.bigInt(0n, 500_000n),
    lag: fc.bigInt(0n, 200_000n),
    perMille: fc.bigInt(0n, 20n),
  });

  test("is never held against one that loses no more than is put up with, whenever anybody reads", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const record = exitRecord(exit.id);
        let [sent, arrived, stated] = [0n, 0n, 0n];
        for (const { sent: more, lag, perMille } of steps) {
          sent += more;
          arrived += more - (more * perMille) / 1100n;
          // A statement tells what was sent a while ago; what is read after it came is of now.
          stated = sent - lag > stated ? sent - lag : stated;
          record.audit({ stated, received: arrived }, band);
        }
        return record.state().failures === 0;
      }),
    );
  });

  test("leaves one that bills twice what arrives, within the band and a statement", () => {
    const record = exitRecord(exit.id);
    let bills = 0n;
    while (record.state().failures === 0) {
      bills += 1n;
      record.audit({ stated: bills * 100_000n, received: bills * 50_000n }, band);
    }
    expect(bills * 100_000n).toBeLessThanOrEqual(800_000n);
    expect(record.state().failure).toMatchObject({ lost: (bills - 1n) * 50_000n });
  });

  test("begins anew after it was left: what it billed before is not held against it twice", () => {
    const record = exitRecord(exit.id);
    for (let i = 1n; i <= 10n; i++) record.audit({ stated: i * 100_000n, received: i }, band);
    expect(record.state().failures).toBe(1);
    record.others(firstRest);
    for (let i = 11n; i <= 30n; i++) {
      record.audit({ stated: i * 100_000n, received: (i - 10n) * 100_000n }, band);
    }
    expect(record.state().failures).toBe(1);
  });

  test("begins anew with a counter of ours that did", () => {
    const record = exitRecord(exit.id);
    record.audit({ stated: 5_000_000n, received: 5_000_000n }, band);
    record.audit({ stated: 5_100_000n, received: 100n }, band);
    expect(record.state().failures).toBe(0);
  });
});

describe("an answer to a probe", () => {
  test("stands between the reading before the probe and the one after the answer, so no waiting accuses anybody", () => {
    const wait = fc.record({ before: fc.bigInt(0n, 10n ** 7n), after: fc.bigInt(0n, 10n ** 7n) });
    fc.assert(
      fc.property(fc.array(wait, { minLength: 2, maxLength: 40 }), (waits) => {
        const [probe, record] = [linkProbe(), exitRecord(exit.id)];
        let [sent, now] = [0n, 0n];
        for (const { before, after } of waits) {
          // Nothing is lost; the machines stall while bytes go on arriving.
          now += 1000n;
          const { epoch, number, at } = probe.next(1n, now, 0n, sent);
          sent += before;
          const echo = { type: "ECHO", epoch, number, at, held: 0n, received: 0n, sent } as const;
          sent += after;
          now += 1000n;
          probe.take(echo, now, sent);
          const sample = probe.stated();
          if (sample !== undefined) record.judge(sample, 0n);
        }
        return record.state().failures === 0;
      }),
    );
  });
});

describe("an exit's tariff", () => {
  const wanted = (amount: bigint, run = 1n) => ({
    signer: exit,
    run,
    loss: 10_000n,
    prices: [{ class: priceClass(1), price: price(amount) }],
  });
  const numberOf = (bytes: Uint8Array | undefined) => {
    const tariff = decodeTariff(bytes ?? new Uint8Array());
    return typeof tariff === "string" ? undefined : tariff.number;
  };

  test("is told to nobody before somebody is there, then at once, and again after a while", () => {
    const sender = tariffSender();
    expect(sender.due(wanted(5n), 0)).toBeUndefined();
    sender.meet(7n);
    const first = sender.due(wanted(5n), 0);
    expect(numberOf(first)).toBe((1n << 24n) + 1n);
    expect(sender.due(wanted(5n), tariffInterval - 1)).toBeUndefined();
    expect(sender.due(wanted(5n), tariffInterval)).toEqual(first);
    sender.meet(8n);
    expect(sender.due(wanted(5n), tariffInterval + 1)).toEqual(first);
  });

  test("has a higher number with each price and each run, and goes out at once", () => {
    const sender = tariffSender();
    sender.meet(7n);
    const numbers = [sender.due(wanted(5n), 0), sender.due(wanted(6n), 1)].map(numberOf);
    const later = tariffSender();
    later.meet(7n);
    numbers.push(numberOf(later.due(wanted(5n, 2n), 0)));
    expect(numbers).toEqual([(1n << 24n) + 1n, (1n << 24n) + 2n, (2n << 24n) + 1n]);
  });
});
