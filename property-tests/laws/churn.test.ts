import fc from "fast-check";
import { expect, test } from "vitest";
import { creditLimitAt } from "#core/account/credit-limit.ts";
import { type CreditGrowth, growthUnit } from "#core/account/terms.ts";
import type { Input } from "#core/node/input.ts";
import { type Node, replay } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
import type { MessageHead } from "#core/peer/message.ts";
import { encodeMessage, helloDigest } from "#core/peer/message-form.ts";
import { untouched } from "#core/settlement/channel.ts";
import { signVoucher } from "#core/settlement/voucher.ts";
import { journalId } from "#core/units/journal-id.ts";
import { type Money, money, tokenUnits } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { smallTerms } from "../simulator/line-world.ts";
import { modelledCheck, modelledSigner } from "../simulator/test-signer.ts";
import { runs } from "./law-runs.ts";

const bytePrice = 3n;
const identities = 5;

/** What somebody does under one of its identities: the newest mostly, old ones now and then. */
interface Move {
  readonly who: number;
  readonly do: "hello" | "ask" | "pay" | "overpay" | "flood" | "reboot" | "junk";
  readonly size: number;
}

const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    who: fc.nat(identities - 1),
    do: fc.constantFrom(
      ...(["hello", "ask", "pay", "overpay", "flood", "flood", "flood", "reboot", "junk"] as const),
    ),
    size: fc.integer({ min: 1, max: 60 }),
  }),
  { minLength: 30, maxLength: 200, size: "max" },
);

/** One identity: its kernel's counter at the payee, and what it got and paid under that name. */
interface Identity {
  readonly signer: ReturnType<typeof modelledSigner>;
  journal: number;
  raw: bigint;
  gate: bigint;
  forwarded: bigint;
  paid: bigint;
}

/** An honest payee that knows so many names, all of them the same somebody. */
function churn(creditLimit: bigint, growth?: CreditGrowth) {
  const grown = growth === undefined ? {} : { growth };
  const terms = { ...smallTerms, creditLimit: money(creditLimit), ...grown };
  const payee = modelledSigner(90);
  let node: Node = replay(payee, [], modelledCheck);
  const all = Array.from({ length: identities }, (_, i): Identity => {
    return { signer: modelledSigner(i + 1), journal: 100 * i + 1, raw: 0n, ...nothing };
  });
  const channels = all.map((_, i) => ({
    ...untouched,
    channelId: (i + 1).toString(16).padStart(64, "0"),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: 1n,
    depositIn: tokenUnits(1_000_000n),
    depositOut: tokenUnits(0n),
    open: true,
  }));
  const feed = (input: Input): void => {
    const result = step(node, input);
    ({ node } = result);
    for (const output of result.outputs) {
      const one = output.type === "Gate" ? all[output.neighbour] : undefined;
      if (one !== undefined && output.type === "Gate") one.gate = output.limit;
    }
  };
  const neighbours = all.map(({ signer }) => {
    const prices = [{ kind: "fixed", price: price(bytePrice) } as const];
    return { id: signer.id, classes: 1, terms, prices, tunnelKey: new Uint8Array(32) };
  });
  const tunnelKey = new Uint8Array(32);
  feed({ type: "Configured", neighbours, tunnelKey, journal: journalId(9), starting: true });
  for (const [neighbour, channel] of channels.entries()) {
    feed({ type: "ChannelFact", neighbour, channel });
  }
  const look = (): void => {
    const readings = all.map(({ raw }, neighbour) => {
      const counter = { generation: "boot", sent: 0n, received: raw };
      return { neighbour, class: priceClass(1), ...counter };
    });
    feed({ type: "Readings", readings });
  };
  look();
  const act = ({ who, do: what, size }: Move): void => {
    const one = all[who] as Identity;
    const channel = channels[who];
    const head: MessageHead = {
      sender: one.signer.id,
      from: journalId(one.journal),
      to: node.ledger.journal,
    };
    const say = (bytes: Uint8Array): void => feed({ type: "Datagram", neighbour: who, bytes });
    if (what === "reboot") one.journal += 1;
    if (what === "hello" || what === "reboot") {
      const hello = {
        type: "HELLO",
        ...head,
        from: journalId(one.journal),
        recipient: payee.id,
        meetings: 1n,
        answers: node.ledger.neighbours[who]?.meetings ?? 0n,
        met: true,
        run: BigInt(size),
        heard: node.ledger.run,
        classes: 1,
        terms,
        tunnelKey,
        channelId: "00".repeat(32),
      } as const;
      say(encodeMessage({ ...hello, signature: one.signer.sign(helloDigest(hello)) }));
    }
    if (what === "junk") say(Uint8Array.from({ length: size }, (_, i) => (i * size) & 0xff));
    if (what === "ask") say(voucher(head, undefined));
    if ((what === "pay" || what === "overpay") && channel !== undefined) {
      // A total beyond what all leases cost is not credited (Q1): who signs one has paid nothing.
      const asked = one.paid + BigInt(size);
      const leased = bytePrice * one.gate;
      const total = what === "pay" && asked > leased ? leased : asked;
      if (total <= leased) one.paid = total;
      say(voucher(head, signVoucher(channel, [total as Money], one.signer)));
    }
    if (what === "flood") {
      const open = one.gate - one.raw;
      const bytes = BigInt(size);
      one.forwarded += open <= 0n ? 0n : bytes < open ? bytes : open;
      one.raw += bytes;
      look();
    }
  };
  return { act, all };
}

const nothing = { gate: 0n, forwarded: 0n, paid: 0n };

function voucher(head: MessageHead, of: ReturnType<typeof signVoucher> | undefined): Uint8Array {
  return encodeMessage({ type: "VOUCHER", ...head, voucher: of, held: [undefined] });
}

test("T24: a fresh identity takes at most L0, where credit does not grow (kappa = 0), however many somebody makes, and nothing where L0 is 0", () => {
  let most = 0n;
  fc.assert(
    fc.property(moves, fc.constantFrom(0n, 20n, 60n), (list, L0) => {
      const { act, all } = churn(L0);
      for (const move of list) {
        act(move);
        for (const { forwarded, paid } of all) {
          const taken = bytePrice * forwarded;
          // What it paid for is no gift; what goes beyond is L0 at most: kappa is 0.
          expect(taken).toBeLessThanOrEqual(paid + L0);
          if (paid === 0n && taken > most) most = taken;
        }
      }
    }),
    { numRuns: runs(80) },
  );
  // The bound is met: identities that never got anything would say nothing.
  expect(most).toBe(60n);
});

test("T24: where credit grows by kappa w, an identity takes at most L0 + kappa x what it paid under that name, and never more than the ceiling", () => {
  let most = 0n;
  const shares = fc.constantFrom(1n, growthUnit / 3n, growthUnit / 2n, growthUnit);
  const one = (what: Move["do"]): Move => ({ who: 0, do: what, size: 60 });
  // One that pays and takes, for certain.
  const paying = (["hello", "ask", "pay", "ask", "flood", "flood", "pay", "flood"] as const).map(
    one,
  );
  fc.assert(
    fc.property(moves, fc.constantFrom(3n, 20n), shares, fc.nat(90), (list, L0, share, above) => {
      const growth: CreditGrowth = { share, ceiling: money(L0 + BigInt(above)) };
      const { act, all } = churn(L0, growth);
      for (const move of list) {
        act(move);
        for (const { forwarded, paid } of all) {
          const taken = bytePrice * forwarded - paid;
          const grown = (share * paid) / growthUnit;
          expect(taken).toBeLessThanOrEqual(L0 + (grown < BigInt(above) ? grown : BigInt(above)));
          if (taken - L0 > most) most = taken - L0;
        }
      }
    }),
    { numRuns: runs(160), examples: [[paying, 20n, growthUnit, 90]] },
  );
  // Somebody got more than L0: credit that never grows would say nothing.
  expect(most).toBeGreaterThan(0n);
});

test("T24: the limit never falls while more is credited, and stays between L0 and its ceiling", () => {
  const amount = fc.bigInt({ min: 0n, max: 1n << 90n });
  fc.assert(
    fc.property(
      amount,
      amount,
      amount,
      amount,
      fc.bigInt({ min: 0n, max: growthUnit }),
      (L0, above, credited, more, share) => {
        const growth = { share, ceiling: money(L0 + above) };
        const terms = { ...smallTerms, creditLimit: money(L0), growth };
        const now = creditLimitAt(terms, money(credited));
        expect(now).toBeGreaterThanOrEqual(L0);
        expect(now).toBeLessThanOrEqual(L0 + above);
        expect(creditLimitAt(terms, money(credited + more))).toBeGreaterThanOrEqual(now);
        expect((now - L0) * growthUnit).toBeLessThanOrEqual(credited * share);
      },
    ),
    { numRuns: runs(300) },
  );
});
