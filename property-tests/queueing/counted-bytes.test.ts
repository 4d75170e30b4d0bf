import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leafLimit, leastLeaf, mostLeaf } from "#adapters/queueing/htb.ts";
import { limitLines } from "#adapters/queueing/nft-limits.ts";
import { backlog, countLines, quotaName } from "#adapters/queueing/nft-table.ts";
import {
  countings,
  innerOf,
  leastSegment,
  outerLength,
  type QuotaUsage,
} from "#adapters/queueing/queueing.ts";

/** The longest IP packet. */
const longest = 65_535;

/** Inside tunnels, and what is left of it for payload after an IPv4 or IPv6 header. */
const mtu = 1420;

const options = { table: "t", freeMark: 0x5001, controlPort: 4460 };

const plan = {
  index: 0,
  interfaces: ["m0", "m1"],
  linkRate: 20_000_000n,
  freeRate: 1_000_000n,
  controlRate: 128_000n,
} as const;

/** What the nft rules of a paid tunnel add to its quota for a packet, read from the rules. */
function countedByRules(length: number): number {
  return (
    countLines(options, "m1")
      .filter((line) => {
        const bound = /meta length <= (\d+)/.exec(line)?.[1];
        return bound === undefined || length <= Number(bound);
      })
      .filter((line) => line.includes(`quota name "${quotaName("m1")}"`)).length * length
  );
}

/** What WireGuard sends for a packet that was cut into fragments on the way into the tunnel. */
function fragmented(length: number, header: number): number {
  if (length <= mtu) return outerLength(length);
  const each = Math.floor((mtu - header) / 8) * 8;
  const payload = length - header;
  const whole = Math.floor(payload / each);
  const rest = payload - whole * each;
  return whole * outerLength(each + header) + (rest === 0 ? 0 : outerLength(rest + header));
}

describe("quotas count inner bytes, and limits are in WireGuard's", () => {
  test("the rules count a packet as often as they should, whatever its length", () => {
    for (let length = 20; length <= longest; length++) {
      if (countedByRules(length) !== countings(length) * length) {
        expect.fail(`length ${length}: ${countedByRules(length)}`);
      }
    }
  });

  test("five quarters of what is counted is at least what is sent, for every length of packet", () => {
    for (let length = 20; length <= longest; length++) {
      const counted = countings(length) * length;
      // IPv4 headers have up to 60 bytes; a fragment of IPv6 has 48.
      for (const outer of [outerLength(length), fragmented(length, 20), fragmented(length, 60)]) {
        if (counted * 5 < outer * 4) expect.fail(`length ${length}: ${counted} for ${outer}`);
      }
      if (length > 48 && counted * 5 < fragmented(length, 48) * 4) expect.fail(`IPv6 ${length}`);
    }
  });

  test("and for TCP segments that pass as one, from the least segment on, with any headers", () => {
    for (let segment = leastSegment; segment <= mtu - 40; segment++) {
      for (const header of [40, 52, 60, 72, 80, 100]) {
        if (segment + header > mtu) continue;
        for (const count of [2, 3, 10, 45]) {
          // The last one may be short.
          for (const last of [1, segment >> 1, segment]) {
            const length = header + (count - 1) * segment + last;
            if (length > longest) continue;
            const outer = (count - 1) * outerLength(segment + header) + outerLength(last + header);
            const counted = countings(length) * length;
            if (counted * 5 < outer * 4) {
              expect.fail(`${count} of ${segment}, header ${header}: ${counted} for ${outer}`);
            }
          }
        }
      }
    }
  });

  test("the least segment is tight enough to mean something: a tenth of it would not do", () => {
    const segment = Math.floor(leastSegment / 10);
    const counted = 40 + 100 * segment;
    expect(counted * 5).toBeLessThan(100 * outerLength(segment + 40) * 4);
  });

  test("an allowance in inner bytes is never more than one in outer bytes, and never negative", () => {
    fc.assert(
      fc.property(fc.bigInt(-(1n << 70n), 1n << 70n), (outer) => {
        const inner = innerOf(outer);
        expect(inner >= 0n && inner * 5n <= (outer > 0n ? outer : 0n) * 4n).toBe(true);
      }),
    );
  });

  test("what waits in queues is kept back in full, at every rate", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), fc.integer({ min: 20, max: mtu }), (rate, length) => {
        const leaf = leafLimit(rate);
        expect(leaf >= leastLeaf && leaf <= mostLeaf).toBe(true);
        const inLeaf = (leaf / BigInt(length)) * BigInt(outerLength(length));
        expect(backlog(rate)).toBeGreaterThanOrEqual(inLeaf + 160n * BigInt(outerLength(length)));
      }),
    );
  });
});

describe("setting limits", () => {
  const kept = backlog(plan.linkRate);
  const usage = (used: bigint, limit: bigint): QuotaUsage =>
    new Map([
      ["quota_m1", { used, limit }],
      ["gate_m1", { used, limit }],
    ]);
  const quota = (remaining: bigint) => [
    { interfaceName: "m1", limit: 1_000n + remaining, counter: 1_000n },
  ];
  const lines = (before: QuotaUsage, remaining: bigint) =>
    limitLines(options, [plan], before, quota(remaining), []);

  test("a quota with some left is raised in place, on top of what it counted", () => {
    const found = lines(usage(300n, 1000n), kept + 10_000n);
    expect(found).toEqual(["add quota inet t quota_m1 { over 8300 bytes }"]);
  });

  test("one that is used up is made anew, its rules in the same transaction", () => {
    const found = lines(usage(1000n, 1000n), kept + 10_000n);
    expect(found.slice(0, 3)).toEqual([
      "flush chain inet t count_m1",
      "delete quota inet t quota_m1",
      "add quota inet t quota_m1 { over 8000 bytes }",
    ]);
    expect(found.slice(3)).toEqual(countLines(options, "m1"));
  });

  test("where nothing is left it is closed, and a closed one stays as it is", () => {
    expect(lines(usage(300n, 1000n), kept)).toEqual([
      "add quota inet t quota_m1 { over 301 bytes }",
    ]);
    expect(lines(usage(1000n, 1000n), kept)).toEqual([]);
    expect(lines(usage(1000n, 1000n), -500n)).toEqual([]);
  });

  test("a gate is not made smaller by what waits in queues", () => {
    const found = limitLines(options, [plan], usage(0n, 1n), [], quota(5000n));
    expect(found).toEqual(["add quota inet t gate_m1 { over 5000 bytes }"]);
  });

  test("no limit is beyond what nft tells without rounding", () => {
    expect(lines(usage(0n, 1n), 1n << 80n)).toEqual([
      `add quota inet t quota_m1 { over ${2n ** 53n - 1n} bytes }`,
    ]);
  });

  test("class 0, strangers and the usage of another table are refused", () => {
    const stranger = (interfaceName: string) => () =>
      limitLines(options, [plan], usage(0n, 1n), [{ interfaceName, limit: 1n, counter: 0n }], []);
    expect(stranger("m0")).toThrow("no paid tunnel");
    expect(stranger("eth0")).toThrow("eth0 is no paid tunnel of an attached neighbour");
    expect(() => lines(new Map(), kept)).toThrow("another table");
  });
});
