import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QueuePlan } from "#adapters/queueing/queueing.ts";
import { tcLines } from "#adapters/queueing/tc-lines.ts";
import { tunnelQueues } from "#adapters/queueing/tunnel-queues.ts";
import { queueDifference } from "#core/queue/queue-difference.ts";
import { nextUnsold, unsoldRate, wholeLink } from "#core/queue/unsold.ts";

const rate = fc.bigInt(8n, 10n ** 12n);

describe("what of a link is unsold", () => {
  test("is never more than what is left of it, nor an eighth more than it was, and else all but two eighths of it", () => {
    fc.assert(
      fc.property(
        rate,
        fc.bigInt(0n, wholeLink),
        fc.bigInt(0n, 2n * 10n ** 12n),
        (link, before, sold) => {
          const next = nextUnsold(link, before, sold);
          const left = sold < link ? link - sold : 0n;
          expect(unsoldRate(link, next) <= left).toBe(true);
          expect(next <= before + 1n).toBe(true);
          expect(next === before + 1n || unsoldRate(link, next + 2n) + 1n > left).toBe(true);
        },
      ),
    );
  });

  test("is all of it again within eight looks after the last sale", () => {
    fc.assert(
      fc.property(rate, (link) => {
        let unsold = nextUnsold(link, wholeLink, link);
        expect(unsold).toBe(0n);
        for (let i = 0; i < 8; i++) unsold = nextUnsold(link, unsold, 0n);
        expect(unsoldRate(link, unsold)).toBe(link);
      }),
    );
  });
});

describe("what is carried for nothing", () => {
  const plan: QueuePlan = {
    index: 0,
    interfaces: ["m0", "m1"],
    linkRate: 20_000_000n,
    freeRate: 1_000_000n,
    controlRate: 128_000n,
  };
  const lines = (free: boolean, unsold: bigint) =>
    tcLines(
      "m0",
      queueDifference(
        tunnelQueues(free, plan, "open", "bfifo"),
        tunnelQueues(free, { ...plan, unsold }, "open", "bfifo"),
      ),
    );

  test("has no more than is unsold, but what it is guaranteed: one class changes, and nothing that waits is lost", () => {
    expect(lines(true, 700_000n)).toEqual([
      "class change dev m0 parent 1:2 classid 1:30 htb rate 500000bit ceil 700000bit prio 2 quantum 1514",
    ]);
    expect(lines(true, 0n)).toEqual([
      "class change dev m0 parent 1:2 classid 1:30 htb rate 500000bit ceil 500000bit prio 2 quantum 1514",
    ]);
  });

  test("is as before where more is unsold than it may have, and what is paid for is never touched", () => {
    expect(lines(true, 1_000_000n)).toEqual([]);
    expect(lines(false, 0n)).toEqual([]);
  });
});
