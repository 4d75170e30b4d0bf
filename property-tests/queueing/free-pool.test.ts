import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markProgram, readFilter } from "#adapters/netlink/traffic-filter.ts";
import { attachedTo, queuesOf, tableChange } from "#adapters/queueing/attached.ts";
import { type FreePool, poolQueues } from "#adapters/queueing/free-pool.ts";
import { tableChangeLines, tableLines } from "#adapters/queueing/nft-table.ts";
import { leastPool, neighbourLimit, planFault, rateLimit } from "#adapters/queueing/plan-fault.ts";
import type { QueuePlan } from "#adapters/queueing/queueing.ts";
import { tcLines } from "#adapters/queueing/tc-lines.ts";
import { queueDifference } from "#core/queue/queue-difference.ts";
import { attribute } from "../counters/pretend-kernel.ts";

const planOf = (index: number, freePool?: bigint): QueuePlan => ({
  index,
  interfaces: [`m${index}`, `m${index}p`],
  linkRate: 20_000_000n,
  freeRate: 1_000_000n,
  controlRate: 128_000n,
  ...(freePool === undefined ? {} : { freePool }),
});

const pool = { way: "fw", rate: 2_000_000n, device: "mtpool5100", mark: 0x5001 } as const;
const options = { table: "t", freeMark: 0x5001, controlPort: 4460 };

const thirtyTwo = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const text = (value: string) => Buffer.from(`${value}\0`);

/** struct tcmsg and its attributes, written from linux/rtnetlink.h without the codec under test. */
function filter(handle: number, kind: string, own: Buffer | undefined): Buffer {
  const header = [Buffer.alloc(4), thirtyTwo(7), thirtyTwo(handle), thirtyTwo(0xffff_fff3)];
  const preference = thirtyTwo(0x1_0003);
  const told = own === undefined ? [] : [attribute(2, own)];
  return Buffer.concat([...header, preference, attribute(1, text(kind)), ...told]);
}

/** One action, mirred to an interface: TCA_ACT_KIND, TCA_ACT_OPTIONS with TCA_MIRRED_PARMS. */
function redirection(interfaceIndex: number, what = 1): Buffer {
  const parameters = Buffer.concat([Buffer.alloc(20), thirtyTwo(what), thirtyTwo(interfaceIndex)]);
  const action = [attribute(1, text("mirred")), attribute(2, attribute(2, parameters))];
  return attribute(1, Buffer.concat(action));
}

describe("the queues of a pool", () => {
  test("guarantee no more than the pool, and to everybody the same, for any number of neighbours", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: neighbourLimit }),
        fc.bigInt({ min: leastPool, max: rateLimit }),
        (count, rate) => {
          const plans = Array.from({ length: count }, (_, index) => planOf(index, rate));
          const tree = poolQueues({ ...pool, rate }, plans, "bfifo");
          const parts = tree.filter(({ parent, kind }) => parent === "2:1" && kind === "class");
          const rates = parts.map(({ settings: { rate: part = 0n } }) => part);
          expect(parts.length).toBe(count + 1);
          expect(rates.reduce((sum, one) => sum + one, 0n) * 8n).toBeLessThanOrEqual(rate);
          expect(new Set(rates).size).toBe(1);
          expect(rates[0]).toBeGreaterThan(0n);
          expect(parts.every(({ settings: { ceil } }) => ceil === rate / 8n)).toBe(true);
        },
      ),
    );
  });

  test("are made before anything is redirected to them, and what redirects goes first", () => {
    const plans = [planOf(0, pool.rate)];
    const shaped = queuesOf(attachedTo(undefined, plans, "bfifo", pool));
    expect([...shaped.keys()]).toEqual(["mtpool5100", "m0", "m0p"]);
    const lines = tcLines("m0", queueDifference([], shaped.get("m0") ?? []));
    expect(lines.at(-1)).toBe(
      "filter add dev m0 egress pref 1 protocol all handle 20481 fw action mirred egress redirect dev mtpool5100",
    );
    const apart = queuesOf(attachedTo(undefined, [planOf(0)], "bfifo"));
    const back = tcLines("m0", queueDifference(shaped.get("m0") ?? [], apart.get("m0") ?? []));
    expect(back.slice(0, 2)).toEqual([
      "qdisc delete dev m0 clsact",
      "filter delete dev m0 parent 1: pref 1",
    ]);
    expect(shaped.get("m0p")).toEqual(apart.get("m0p"));
  });

  test("a rate below a byte a second for everybody, or different pools, are refused", () => {
    expect(planFault([planOf(0, leastPool)], [])).toBeUndefined();
    expect(planFault([planOf(0, leastPool - 1n)], [])).toContain("a pool of what is free has");
    expect(planFault([planOf(0, rateLimit + 1n)], [])).toContain("a pool of what is free has");
    expect(planFault([planOf(0, 5000n), planOf(1)], [])).toContain("share one pool");
    expect(planFault([planOf(0, 5000n), planOf(1, 6000n)], [])).toContain("share one pool");
  });
});

describe("the table of a pool", () => {
  const all = (way: FreePool["way"]) =>
    tableLines(options, [planOf(0, pool.rate)], { ...pool, way }).join("\n");

  test("names the sender's class where what is free is shaped, and drops nothing by a limit", () => {
    expect(all("fw")).toContain('meta priority set iifname map { "m0" : 2:100, "m0p" : 2:100 }');
    expect(all("bpf")).toBe(all("fw"));
    expect(all("fw")).not.toContain('limit name "pool"');
  });

  test("has one limit for all where it is not", () => {
    expect(all("limited")).toContain("add limit inet t pool { rate over 250000 bytes/second");
    expect(all("limited")).toContain('limit name "pool" drop');
    expect(all("limited")).not.toContain("2:100");
  });

  test("another rate is another limit, and none takes it away", () => {
    const attached = (rate: bigint | undefined) => {
      const shared = rate === undefined ? undefined : ({ ...pool, way: "limited", rate } as const);
      return attachedTo(undefined, [planOf(0, rate)], "bfifo", shared);
    };
    const change = (before: bigint | undefined, after: bigint | undefined) =>
      tableChangeLines(options, tableChange(attached(before), attached(after)), [planOf(0, after)]);
    expect(change(2_000_000n, 2_000_000n)).toEqual([]);
    const limits = change(2_000_000n, 4_000_000n).filter((line) => / pool( |$)/.test(line));
    expect(limits.map((line) => line.split(" ")[0])).toEqual(["delete", "add"]);
    expect(change(2_000_000n, undefined)).toContain("delete limit inet t pool");
    expect(change(undefined, 2_000_000n).join("\n")).toContain("add limit inet t pool {");
  });
});

describe("filters that the kernel lists", () => {
  const read = (bytes: Buffer) => Result.getOrThrow(readFilter(bytes));

  test("are read by both ways of telling a mark", () => {
    const found = { preference: 1, mark: 0x5001, outcome: { does: "redirect", interfaceIndex: 9 } };
    const byMark = filter(0x5001, "fw", attribute(4, redirection(9)));
    expect(read(byMark)).toEqual({ classifier: "fw", ...found });
    const program = Buffer.alloc(32);
    for (const [i, one] of markProgram(0x5001).split(",").slice(1).entries()) {
      const [code = 0, yes = 0, no = 0, value = 0] = one.split(" ").map(Number);
      program.writeUInt16LE(code, i * 8);
      program.writeUInt8(yes, i * 8 + 2);
      program.writeUInt8(no, i * 8 + 3);
      program.writeUInt32LE(value, i * 8 + 4);
    }
    const byProgram = (bytes: Buffer) =>
      read(filter(1, "bpf", Buffer.concat([attribute(5, bytes), attribute(1, redirection(9))])));
    expect(byProgram(program)).toEqual({ classifier: "bpf", ...found });
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Buffer.from(program);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(byProgram(flipped)?.mark).not.toBe(0x5001);
    }
  });

  test("a mark of which not all bits count is none, and neither is a mirror a redirection", () => {
    const masked = Buffer.concat([attribute(4, redirection(9)), attribute(5, thirtyTwo(0xff))]);
    expect(read(filter(0x5001, "fw", masked))?.mark).toBeUndefined();
    const mirrored = read(filter(0x5001, "fw", attribute(4, redirection(9, 2))));
    expect(mirrored?.outcome).toEqual({ does: "something else" });
    expect(read(filter(0, "fw", undefined))).toBeUndefined();
    expect(read(filter(7, "flower", Buffer.alloc(0)))?.classifier).toBeUndefined();
  });

  test("of any other form are read or refused in words, never thrown", () => {
    const whole = filter(0x5001, "fw", attribute(4, redirection(9)));
    const at = fc.integer({ min: 0, max: whole.length - 1 });
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(at, byte, fc.integer({ min: 0, max: whole.length }), (place, value, length) => {
        const bytes = Buffer.from(whole);
        bytes[place] = value;
        const found = readFilter(bytes.subarray(0, length));
        if (Result.isFailure(found)) expect(found.failure.words).toContain("netlink:");
      }),
    );
  });
});
