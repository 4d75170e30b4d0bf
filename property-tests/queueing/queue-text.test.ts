import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LeafKind, leafLimit } from "#adapters/queueing/htb.ts";
import { tableChangeLines, tableLines } from "#adapters/queueing/nft-table.ts";
import {
  neighbourLimit,
  paidClassLimit,
  planFault,
  routeLimit,
} from "#adapters/queueing/plan-fault.ts";
import type { QueuePlan } from "#adapters/queueing/queueing.ts";
import { parseNames, parseUsage } from "#adapters/queueing/quota-usage.ts";
import { tcLines } from "#adapters/queueing/tc-lines.ts";
import { tunnelQueues } from "#adapters/queueing/tunnel-queues.ts";
import { queueDifference } from "#core/queue/queue-difference.ts";

const plan: QueuePlan = {
  index: 0,
  interfaces: ["m0", "m1"],
  linkRate: 20_000_000n,
  freeRate: 1_000_000n,
  controlRate: 128_000n,
};

const route = { prefix: "10.0.0.0/8", index: 0, class: 1 };

describe("plans", () => {
  test("what is in order is not refused", () => {
    expect(planFault([plan], [route, { ...route, prefix: "fd00::/8", class: 0 }])).toBeUndefined();
    const many = Array.from({ length: neighbourLimit }, (_, index) => ({
      ...plan,
      index,
      interfaces: Array.from({ length: paidClassLimit + 1 }, (__, i) => `m${index}-${i}`),
    }));
    expect(planFault(many, [])).toBeUndefined();
  });

  const refused: readonly (readonly [string, readonly QueuePlan[], string])[] = [
    ["a neighbour too many", Array.from({ length: 251 }, () => plan), "at most 250"],
    ["an index beyond the last", [{ ...plan, index: 250 }], "0 to 249"],
    ["an index that is no integer", [{ ...plan, index: 0.5 }], "0 to 249"],
    ["two with one index", [plan, { ...plan, interfaces: ["n0"] }], "two neighbours have index 0"],
    ["two with one tunnel", [plan, { ...plan, index: 1 }], "two tunnels are called m0"],
    ["none without a tunnel", [{ ...plan, interfaces: [] }], "0 tunnels"],
    [
      "a class too many",
      [{ ...plan, interfaces: Array.from({ length: 9 }, (_, i) => `m${i}`) }],
      "9 tunnels",
    ],
    ["a name of 16 letters", [{ ...plan, interfaces: ["abcdefghijklmnop"] }], "1 to 15 letters"],
    ["a name that ends the rule", [{ ...plan, interfaces: ['a" drop'] }], "1 to 15 letters"],
    ["a name of two lines", [{ ...plan, interfaces: ["a\nb"] }], "1 to 15 letters"],
    ["no free rate", [{ ...plan, freeRate: 15n }], "16 (free)"],
    ["no control rate", [{ ...plan, controlRate: 7n }], "8 (control)"],
    ["a link too fast", [{ ...plan, linkRate: 10n ** 12n + 1n }], "bits a second"],
    ["more given away than there is", [{ ...plan, freeRate: 20_000_000n }], "at most the link's"],
  ];
  for (const [name, plans, words] of refused) {
    test(`${name} is refused, and told why`, () => {
      expect(planFault(plans, [])).toContain(words);
    });
  }

  test("routes that are no prefixes, or lead nowhere, are refused", () => {
    const fault = (one: object) => planFault([plan], [{ ...route, ...one }]);
    for (const prefix of [
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0/8",
      "fd00::/129",
      "::/0 dev lo",
      "x/1",
    ]) {
      expect(fault({ prefix })).toContain("a prefix is");
    }
    expect(fault({ index: 1 })).toContain("no neighbour 1");
    expect(fault({ class: 2 })).toContain("no class 2");
    const many = Array.from({ length: routeLimit + 1 }, () => route);
    expect(planFault([plan], many)).toContain(`at most ${routeLimit}`);
  });

  test("whatever the name, it is refused or nothing but a name", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20, unit: "binary" }), (name) => {
        const fault = planFault([{ ...plan, interfaces: [name] }], []);
        expect(fault !== undefined || /^[\w.-]{1,15}$/.test(name)).toBe(true);
      }),
    );
  });
});

describe("the table", () => {
  const options = { table: "t", freeMark: 0x5001, controlPort: 4460 };
  const many = Array.from({ length: 250 }, (_, index) => ({
    ...plan,
    index,
    interfaces: [`m${index}-0`, `m${index}-1`],
  }));

  test("a packet passes as many rules with 250 neighbours as with one", () => {
    const hooks = (plans: readonly QueuePlan[]) =>
      tableLines(options, plans).filter((line) =>
        /^add rule inet t (arriving|sending|leaving)/.test(line),
      ).length;
    expect(hooks(many)).toBe(hooks([plan]));
  });

  test("it replaces an older one in the same transaction, and begins closed", () => {
    const lines = tableLines(options, [plan]);
    expect(lines.slice(0, 3)).toEqual([
      "add table inet t",
      "delete table inet t",
      "add table inet t",
    ]);
    expect(lines).toContain("add quota inet t quota_m1 { over 1 bytes }");
    expect(lines).toContain("add quota inet t gate_m1 { over 1 bytes }");
  });

  test("a node without neighbours has an empty one", () => {
    expect(tableLines(options, []).some((line) => line.includes("{  }"))).toBe(false);
  });
});

describe("HTB", () => {
  test("guaranteed rates below a ceiling never add up to more than it", () => {
    fc.assert(
      fc.property(
        fc.bigInt(16n, 10n ** 9n),
        fc.bigInt(8n, 10n ** 9n),
        fc.bigInt(0n, 10n ** 9n),
        fc.boolean(),
        (freeRate, controlRate, more, free) => {
          const one = { ...plan, freeRate, controlRate, linkRate: freeRate + controlRate + more };
          const open = tunnelQueues(free, one, "open", "bfifo");
          const closed = tunnelQueues(free, one, "throttled", "bfifo");
          const rateIn = (tree: typeof open, id: string) => {
            const { rate = 0n } = tree.find((part) => part.id === id)?.settings ?? {};
            return rate * 8n;
          };
          const rate = (id: string) => rateIn(closed, id);
          expect(rateIn(open, "1:10") + rateIn(open, "1:2") <= one.linkRate).toBe(true);
          expect(rate("1:20") + rate("1:30") <= one.freeRate).toBe(true);
          expect(rate("1:10") + rate("1:2") <= one.linkRate).toBe(true);
        },
      ),
    );
  });
});

describe("queues as lines of tc", () => {
  const leaves: readonly LeafKind[] = ["fq_codel", "sfq", "bfifo"];
  const lines = (leaf: LeafKind, standing: "open" | "throttled", before: "open" | undefined) =>
    tcLines(
      "m0",
      queueDifference(
        before === undefined ? [] : tunnelQueues(true, plan, before, leaf),
        tunnelQueues(true, plan, standing, leaf),
      ),
    );

  test.for(leaves)("a %s holds no more bytes than quotas keep back for it", (leaf) => {
    for (const linkRate of [1_000_000n, 20_000_000n, 10n ** 9n]) {
      const tree = tunnelQueues(false, { ...plan, linkRate }, "open", leaf);
      const { limit, memory_limit = 0n } = tree.find(({ kind }) => kind === leaf)?.settings ?? {};
      const bytes = leaf === "sfq" ? (limit ?? 0n) * 1514n : (limit ?? memory_limit);
      expect(bytes).toBeGreaterThan(0n);
      expect(bytes <= leafLimit(linkRate)).toBe(true);
    }
  });

  test("a standing changes one class and its leaf, and nothing else", () => {
    expect(lines("bfifo", "throttled", "open")).toEqual([
      "class change dev m0 parent 1:1 classid 1:2 htb rate 1000000bit ceil 1000000bit prio 0 quantum 1514",
      "qdisc change dev m0 parent 1:20 handle 20: bfifo limit 12112",
    ]);
    expect(lines("fq_codel", "open", "open")).toEqual([]);
  });

  test("a tree is made from its root on", () => {
    const made = lines("fq_codel", "open", undefined);
    expect(made[0]).toBe("qdisc replace dev m0 root handle 1: htb default 20");
    expect(made).toContain(
      "qdisc replace dev m0 parent 1:30 handle 30: fq_codel limit 1024 flows 128 memory_limit 12112",
    );
  });
});

describe("a table for other neighbours", () => {
  const options = { table: "t", freeMark: 0x5001, controlPort: 4460 };
  const other = { ...plan, index: 1, interfaces: ["n0", "n1"] };
  const objects = (lines: readonly string[]) =>
    lines.filter((line) => /^(?:add|delete) (?:quota|chain|limit) /.test(line));

  test("does not name what belongs to whoever stays, but in the rules of the hooks", () => {
    const change = { gone: [], come: [other], changed: [], hooks: false };
    const lines = tableChangeLines(options, change, [plan, other]);
    expect(objects(lines).filter((line) => /m[01]/.test(line))).toEqual([]);
    expect(lines).toContain("add quota inet t quota_n1 { over 1 bytes }");
    const back = tableChangeLines(options, { gone: [other], come: [], changed: [], hooks: false }, [
      plan,
    ]);
    expect(objects(back).filter((line) => /m[01]/.test(line))).toEqual([]);
    expect(back).toContain("delete quota inet t quota_n1");
  });

  test("is nothing where nobody comes, goes or changes", () => {
    const change = { gone: [], come: [], changed: [], hooks: false };
    expect(tableChangeLines(options, change, [plan])).toEqual([]);
  });
});

describe("what nft prints", () => {
  const quota = (rest: object) => JSON.stringify({ nftables: [{ metainfo: {} }, { quota: rest }] });

  test("quotas are read with what they counted", () => {
    const text = quota({ name: "quota_m1", bytes: 10, used: 7, inv: true });
    expect(parseUsage(text)).toEqual(new Map([["quota_m1", { used: 7n, limit: 10n }]]));
  });

  test("numbers that JSON has rounded, and other forms, are no usage", () => {
    for (const text of [
      "",
      "null",
      "[]",
      '{"nftables": 1}',
      quota({ name: "q", bytes: 2 ** 53, used: 0 }),
      quota({ name: "q", bytes: "10", used: 0 }),
      quota({ name: "q", bytes: 10, used: -1 }),
      quota({ bytes: 10, used: 0 }),
    ]) {
      expect(() => parseUsage(text)).toThrow();
    }
  });

  test("a set is read by its elements, an empty one too", () => {
    const set = (rest: object) =>
      JSON.stringify({ nftables: [{ set: { name: "tunnels", ...rest } }] });
    expect(parseNames(set({ elem: ["a", "b"] }))).toEqual(["a", "b"]);
    expect(parseNames(set({}))).toEqual([]);
    expect(() => parseNames(set({ elem: [1] }))).toThrow();
  });

  test("no text makes a parser do anything but answer or throw an Error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const parse of [parseUsage, parseNames]) {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        }
      }),
    );
  });
});
