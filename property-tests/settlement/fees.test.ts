import fc from "fast-check";
import { expect, test } from "vitest";
import { offer, outbid } from "#adapters/settlement/chain/fees.ts";

const gwei = fc.bigInt({ min: 0n, max: 10n ** 12n });
const market = fc.record({ baseFee: gwei, tip: gwei });

test("no offer is above the limit, nor its tip above the offer, and one that can wait is not below the chain's price", () => {
  fc.assert(
    fc.property(market, gwei, fc.boolean(), (asked, limit, urgent) => {
      const fees = offer(asked, limit, urgent);
      const price = asked.baseFee + asked.tip;
      if (fees === undefined) expect(limit === 0n || limit < price).toBe(true);
      else expect(fees.cap <= limit && fees.tip <= fees.cap).toBe(true);
      if (fees !== undefined && !urgent) expect(fees.cap >= price).toBe(true);
    }),
  );
});

test("a replacement offers a tenth more of both and stays within the limit, or there is none", () => {
  fc.assert(
    fc.property(market, market, gwei, (then, now, limit) => {
      const before = offer(then, limit, true);
      const after = before && outbid(before, now, limit);
      fc.pre(before !== undefined && after !== undefined);
      expect(after.cap <= limit && after.tip <= after.cap).toBe(true);
      expect(after.cap * 10n >= before.cap * 11n).toBe(true);
      expect(after.tip * 10n >= before.tip * 11n).toBe(true);
    }),
  );
});
