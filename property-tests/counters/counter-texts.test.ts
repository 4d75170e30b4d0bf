import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CounterReading, CountersError, peerLimit } from "#adapters/counters/counters.ts";
import { withSteadyIndex } from "#adapters/counters/interface-index.ts";
import { dumpReadings, dumpTexts } from "#adapters/counters/spawned-counters.ts";
import { userspaceReadings } from "#adapters/counters/uapi-counters.ts";

const runs = { numRuns: 500 };
const counter = fc.bigInt(0n, (1n << 64n) - 1n);
const peersForm = fc.uniqueArray(
  fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
    received: counter,
    sent: counter,
    lastHandshake: counter,
  }),
  { maxLength: 8, selector: ({ key }) => key.toString("hex") },
);
type Peers = typeof peersForm extends fc.Arbitrary<infer A> ? A : never;

const secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";

function expected(peers: Peers): readonly CounterReading[] {
  return peers.map(({ key, ...numbers }) => ({
    interfaceName: "wg0",
    interfaceIndex: 3,
    peerKey: key.toString("base64"),
    ...numbers,
  }));
}

const dump = (peers: Peers): string =>
  [
    `${secret}\t${secret}\t51820\toff`,
    ...peers.map(
      ({ key, received, sent, lastHandshake }) =>
        `${key.toString("base64")}\t(none)\t192.0.2.1:51820\t::/0\t${lastHandshake}\t${received}\t${sent}\toff`,
    ),
    "",
  ].join("\n");

const pairs = (peers: Peers): readonly (readonly [string, string])[] => [
  ["private_key", "5e".repeat(32)],
  ["listen_port", "51820"],
  ...peers.flatMap(({ key, received, sent, lastHandshake }) => [
    ["public_key", key.toString("hex")] as const,
    ["preshared_key", "00".repeat(32)] as const,
    ["tx_bytes", String(sent)] as const,
    ["a_new_key", "1"] as const,
    ["allowed_ip", "::/0"] as const,
    ["allowed_ip", "0.0.0.0/0"] as const,
    ["rx_bytes", String(received)] as const,
    ["last_handshake_time_sec", String(lastHandshake)] as const,
  ]),
];

const ofDump = (text: string) => dumpReadings("wg0", 3, text);
const ofPairs = (list: readonly (readonly [string, string])[]) => userspaceReadings("wg0", 3, list);

function refusal(result: Result.Result<unknown, CountersError>): string {
  if (Result.isSuccess(result)) return "accepted";
  expect(result.failure).toBeInstanceOf(CountersError);
  expect(result.failure.words).toContain("wg0: ");
  expect(result.failure.words).not.toContain(secret);
  return result.failure.words;
}

describe("counters as text", () => {
  test("of both forms, mean what was written, for all 64 bits", () => {
    fc.assert(
      fc.property(peersForm, (peers) => {
        expect(Result.getOrThrow(ofDump(dump(peers)))).toEqual(expected(peers));
        expect(Result.getOrThrow(ofPairs(pairs(peers)))).toEqual(expected(peers));
      }),
      runs,
    );
  });

  const peer = { key: Buffer.alloc(32, 7), received: 10n, sent: 20n, lastHandshake: 30n };

  test("a number that is none is refused, never guessed", () => {
    const wrong = ["", " 1", "+1", "-1", "1.5", "1e3", "0x1", "01", "18446744073709551616", "1n"];
    for (const number of wrong) {
      const text = dump([peer]).replace("\t20\t", `\t${number}\t`);
      expect(refusal(ofDump(text)), number).toContain("sent is no 64-bit number");
      const list = pairs([peer]).map(([key, value]) =>
        key === "tx_bytes" ? ([key, number] as const) : ([key, value] as const),
      );
      expect(refusal(ofPairs(list)), number).toContain("sent is no 64-bit number");
    }
  });

  test("a dump of another form is refused", () => {
    const good = dump([peer]);
    const bad = [
      "",
      "\n",
      good.slice(0, -1),
      good.slice(0, -4),
      `${good}x`,
      good.replace("off\n", "off\toff\n"),
    ];
    for (const text of bad) expect(refusal(ofDump(text))).not.toBe("accepted");
    expect(refusal(ofDump(good.replace(/^Bwc/m, "B*c")))).toContain("key of another form");
    expect(refusal(ofDump(dump([peer, peer])))).toContain("one peer twice");
  });

  test("a list of another form is refused", () => {
    const good = pairs([peer]);
    const without = (name: string) => good.filter(([key]) => key !== name);
    for (const name of ["rx_bytes", "tx_bytes", "last_handshake_time_sec"]) {
      expect(refusal(ofPairs(without(name)))).toContain("a peer without a number");
    }
    expect(refusal(ofPairs(without("public_key")))).toContain("before the first peer");
    expect(refusal(ofPairs([...good, ["rx_bytes", "1"]]))).toContain("rx_bytes twice");
    expect(refusal(ofPairs([...good, ["public_key", "zz"]]))).toContain("not hex");
    expect(refusal(ofPairs([...good, ...good]))).toContain("one peer twice");
  });

  test("garbage is refused or read, never thrown", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), fc.nat(300), (garbage, at) => {
        const good = dump([peer]);
        for (const text of [garbage, good.slice(0, at) + garbage + good.slice(at)]) {
          const result = ofDump(text);
          if (Result.isFailure(result)) expect(result.failure).toBeInstanceOf(CountersError);
        }
        const list = ofPairs([["public_key", garbage], ...pairs([peer]), ["rx_bytes", garbage]]);
        expect(Result.isFailure(list)).toBe(true);
      }),
      runs,
    );
  });

  test(`${peerLimit} peers are read, and one more is refused`, () => {
    const peers = Array.from({ length: peerLimit + 1 }, (_, i) => {
      const key = Buffer.alloc(32);
      key.writeUInt32BE(i);
      return { ...peer, key };
    });
    for (const read of [
      (some: Peers) => ofDump(dump(some)),
      (some: Peers) => ofPairs(pairs(some)),
    ]) {
      expect(Result.getOrThrow(read(peers.slice(1))).length).toBe(peerLimit);
      expect(refusal(read(peers))).toContain(`${peerLimit + 1} peers; at most ${peerLimit}`);
    }
  });
});

describe("an interface that is made again while it is read", () => {
  const reading = (interfaceIndex: number): CounterReading => ({
    interfaceName: "wg0",
    interfaceIndex,
    peerKey: secret,
    received: 1n,
    sent: 1n,
    lastHandshake: 0n,
  });

  async function readWith(indices: readonly (number | undefined)[], fails = false) {
    let looks = 0;
    const effect = withSteadyIndex(
      "wg0",
      (index) =>
        fails
          ? Effect.fail(new CountersError({ words: "gone" }))
          : Effect.succeed([reading(index)]),
      () => indices[Math.min(looks++, indices.length - 1)],
    );
    const outcome = await Effect.runPromise(Effect.result(effect));
    if (outcome._tag === "Failure") return outcome.failure.words;
    return (outcome.success ?? []).map(({ interfaceIndex }) => interfaceIndex);
  }

  test("never lends its old counters to its new index", async () => {
    expect(await readWith([5, 5])).toEqual([5]);
    expect(await readWith([5, 6, 6])).toEqual([6]);
    expect(await readWith([5, 6, 7, 7])).toEqual([7]);
  });

  test("is absent when it vanishes meanwhile, even if reading it failed", async () => {
    expect(await readWith([undefined])).toEqual([]);
    expect(await readWith([5, undefined, undefined])).toEqual([]);
    expect(await readWith([5, undefined], true)).toEqual([]);
  });

  test("and again and again, is an error with words", async () => {
    const indices = Array.from({ length: 20 }, (_, i) => i);
    expect(await readWith(indices)).toContain("made again 4 times");
    expect(await readWith([5, 5], true)).toBe("gone");
  });
});

test("a dump of all interfaces is the dumps of each, whatever their names", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,14}$/), { maxLength: 5 });
  fc.assert(
    fc.property(names, fc.array(peersForm, { minLength: 5, maxLength: 5 }), (all, peers) => {
      const dumps = new Map(all.map((name, i) => [name, dump(peers[i] ?? [])]));
      const text = [...dumps].flatMap(([name, one]) => {
        return one.split("\n").flatMap((line) => (line === "" ? [] : [`${name}\t${line}\n`]));
      });
      expect(dumpTexts(text.join(""))).toEqual(dumps);
    }),
    runs,
  );
});
