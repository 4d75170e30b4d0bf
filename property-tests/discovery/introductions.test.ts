import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UnsignedDiscoveryHello } from "#core/discovery/discovery-hello.ts";
import { encodeDiscoveryHello, signDiscoveryHello } from "#core/discovery/discovery-hello-form.ts";
import {
  acquaintanceLimit,
  answerTo,
  call,
  callOn,
  type Hearing,
  hear,
  type Introductions,
  identitiesPerAddress,
  introductions,
  offer,
} from "#core/discovery/introductions.ts";
import type { Signer } from "#core/identity/signature.ts";
import { nodeId } from "#core/units/node-id.ts";
import { modelledCheck, modelledSigner } from "../simulator/test-signer.ts";

const a = modelledSigner(1);
const b = modelledSigner(2);
const addressOf = { a: "fe80::a", b: "fe80::b", other: "fe80::ff" } as const;
const eth = "eth0";

const selfOf = ({ id }: Signer, key = 1) => ({
  id,
  tunnelKey: new Uint8Array(32).fill(key),
  classes: 1,
});

let drawn = 0;
const fresh = () => {
  drawn += 1;
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, drawn);
  return bytes;
};
const calling = (state: Introductions, ...interfaces: readonly string[]) =>
  call(state, new Map((interfaces.length === 0 ? [eth] : interfaces).map((one) => [one, fresh()])));

const signed = (signer: Signer, hello: UnsignedDiscoveryHello | undefined) => {
  if (hello === undefined) throw new Error("nothing to sign");
  return encodeDiscoveryHello(signDiscoveryHello(signer, hello));
};

const hearing = (
  state: Introductions,
  bytes: Uint8Array,
  from: string,
  interfaceName = eth,
): readonly [Introductions, Hearing] =>
  hear(state, modelledCheck, {
    bytes,
    place: { interfaceName, address: from },
    own: new Set([addressOf.a]),
  });

/** a has called; b's answer to it. */
function answerOf(
  state: Introductions,
  signer: Signer = b,
  { port = 0, key = 2, address = addressOf.b as string, interfaceName = eth, count = 0n } = {},
): Uint8Array {
  const heard = callOn(state, interfaceName, addressOf.a);
  if (heard === undefined) throw new Error("nobody called");
  let theirs = calling({ ...introductions(selfOf(signer, key)), count });
  if (port > 0) theirs = offer(theirs, a.id, port);
  const to = { id: a.id, challenge: heard.challenge };
  return signed(signer, answerTo(theirs, to, eth, address)[1]);
}

const started = (): Introductions => calling(introductions(selfOf(a)));

/** a, that knows b. */
function acquaintedPair(): Introductions {
  const state = started();
  const [next, { kind }] = hearing(state, answerOf(state), addressOf.b);
  expect(kind).toBe("proven");
  return next;
}

const why = ([, found]: readonly [Introductions, Hearing]) =>
  found.kind === "refused" ? found.why : found.kind;

describe("who answers our challenge is known; nothing else makes anybody known", () => {
  test("a call is answered, and makes nobody known", () => {
    const state = started();
    const theirs = calling(introductions(selfOf(b)));
    const [next, { kind }] = hearing(
      state,
      signed(b, callOn(theirs, eth, addressOf.b)),
      addressOf.b,
    );
    expect(kind).toBe("called");
    expect(next).toBe(state);
  });

  test("two that call and answer know each other after three hellos", () => {
    let mine = started();
    let theirs = calling(introductions(selfOf(b, 2)));
    const said = callOn(theirs, eth, addressOf.b);
    if (said === undefined) throw new Error("b does not call");
    const [counted, answer] = answerTo(
      mine,
      { id: b.id, challenge: said.challenge },
      eth,
      "fe80::a",
    );
    mine = counted;
    const heard = hear(theirs, modelledCheck, {
      bytes: signed(a, answer),
      place: { interfaceName: eth, address: "fe80::a" },
      own: new Set(["fe80::b"]),
    });
    theirs = heard[0];
    expect(heard[1]).toMatchObject({ kind: "proven", news: true });
    const back = answer === undefined ? undefined : { id: a.id, challenge: answer.challenge };
    const [, third] = answerTo(theirs, back ?? (said as never), eth, addressOf.b);
    const [after, found] = hearing(mine, signed(b, third), addressOf.b);
    expect(found).toMatchObject({ kind: "proven", news: true });
    expect([...after.known.keys()]).toEqual([b.id]);
  });

  test("forged, replayed, reflected and carried off, it changes nothing", () => {
    const state = started();
    const real = answerOf(state);
    const mallory = modelledSigner(9);
    const heard = callOn(state, eth, addressOf.a);
    const challenge = heard?.challenge ?? fresh();
    const theirs = calling(introductions(selfOf(b)));
    const forged = answerTo(theirs, { id: a.id, challenge }, eth, addressOf.b)[1];
    const toOther = answerTo(theirs, { id: mallory.id, challenge }, eth, addressOf.b)[1];
    const stale = answerTo(theirs, { id: a.id, challenge: fresh() }, eth, addressOf.b)[1];
    expect(why(hearing(state, signed(mallory, forged), addressOf.b))).toBe("bad signature");
    expect(why(hearing(state, real, addressOf.other))).toBe("signed for another address");
    expect(why(hearing(state, real, addressOf.b, "eth1"))).toBe("answer to no open challenge");
    expect(why(hearing(state, signed(b, toOther), addressOf.b))).toBe("answer to somebody else");
    expect(why(hearing(state, signed(b, stale), addressOf.b))).toBe("answer to no open challenge");
    expect(why(hearing(state, signed(a, heard), addressOf.a))).toBe("own voice");
    for (const [bytes, from] of [
      [signed(mallory, forged), addressOf.b],
      [real, addressOf.other],
      [signed(b, stale), addressOf.b],
    ] as const) {
      expect(hearing(state, bytes, from)[0]).toBe(state);
    }
  });

  test("an answer counts once, and not any more when its challenge is two rounds old", () => {
    const state = started();
    const answer = answerOf(state);
    const [known] = hearing(state, answer, addressOf.b);
    expect(why(hearing(known, answer, addressOf.b))).toBe("answered before");
    const later = calling(calling(known));
    expect(why(hearing(later, answer, addressOf.b))).toBe("answer to no open challenge");
  });

  test("a replayed answer cannot take back a newer tunnel key", () => {
    const state = started();
    const old = answerOf(state, b, { key: 2, count: 0n });
    const [once] = hearing(state, old, addressOf.b);
    const [rotated, found] = hearing(once, answerOf(state, b, { key: 3, count: 1n }), addressOf.b);
    expect(found).toMatchObject({ kind: "proven", news: true });
    const next = calling(rotated);
    const [after] = hearing(next, answerOf(next, b, { key: 4 }), addressOf.b);
    for (const old of [answerOf(state, b, { key: 2 }), answerOf(state, b, { key: 3, count: 1n })]) {
      expect(why(hearing(after, old, addressOf.b))).toBe("answered before");
    }
    expect(after.known.get(b.id)?.tunnelKey[0]).toBe(4);
  });

  test("whatever strangers say in whatever order, only who answered is known", () => {
    const strangers = Array.from({ length: 6 }, (_, i) => modelledSigner(20 + i));
    const script = fc.array(
      fc.record({
        who: fc.nat(5),
        does: fc.constantFrom("answer", "replay", "forge", "call", "round", "carry off"),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(script, (steps) => {
        let state = started();
        const proven = new Set<string>();
        const said: [Uint8Array, string][] = [];
        for (const { who, does } of steps) {
          const signer = strangers[who] ?? b;
          const address = `fe80::1:${who}`;
          const before = state;
          if (does === "round") state = calling(state);
          if (does === "answer") {
            const bytes = answerOf(state, signer, { address, count: BigInt(said.length) });
            said.push([bytes, address]);
            const [next, found] = hearing(state, bytes, address);
            if (found.kind === "proven") proven.add(signer.id);
            state = next;
          }
          if (does === "replay" || does === "carry off") {
            for (const [bytes, from] of said) {
              const [next] = hearing(state, bytes, does === "replay" ? from : "fe80::dead");
              expect(next).toBe(state);
            }
          }
          if (does === "forge" || does === "call") {
            const theirs = calling(introductions(selfOf(signer)));
            const to = { id: a.id, challenge: callOn(state, eth, "fe80::a")?.challenge ?? fresh() };
            const bytes =
              does === "call"
                ? signed(signer, callOn(theirs, eth, address))
                : signed(modelledSigner(99), answerTo(theirs, to, eth, address)[1]);
            state = hearing(state, bytes, address)[0];
            expect(state).toBe(before);
          }
        }
        expect(new Set(state.known.keys())).toEqual(proven);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the table is bounded, and nobody is driven out of it", () => {
  const invented = (i: number) => nodeId(`02${i.toString(16).padStart(64, "0")}`);
  /** Its signature is as good as a real one to {@link trusting}. */
  const inventor = (i: number): Signer => ({
    id: invented(i),
    sign: () => new Uint8Array(65),
  });
  const trusting = (state: Introductions, bytes: Uint8Array, from: string) =>
    hear(state, () => true, {
      bytes,
      place: { interfaceName: eth, address: from },
      own: new Set([addressOf.a]),
    });
  const flood = (first: Introductions, count: number, addresses: number) => {
    let state = first;
    for (let i = 0; i < count; i++) {
      const address = `fe80::2:${(i % addresses).toString(16)}`;
      state = trusting(state, answerOf(state, inventor(i), { address }), address)[0];
    }
    return state;
  };

  test("a thousand identities of one machine are eight", () => {
    expect(flood(started(), 1000, 1).known.size).toBe(identitiesPerAddress);
  });

  test("a thousand identities with an address each fill the table and not more; who was there stays", () => {
    const full = flood(acquaintedPair(), 1000, 1000);
    expect(full.known.size).toBe(acquaintanceLimit);
    expect(full.known.has(b.id)).toBe(true);
    const later = calling(calling(full));
    expect(flood(later, 1000, 1000).known.has(b.id)).toBe(true);
  });

  test("whoever was accepted has a place in a full table, silent or not", () => {
    let state = flood(offer(acquaintedPair(), b.id, 52_000), 1000, 1000);
    for (let round = 0; round < 10; round++) state = flood(calling(state), 300, 300);
    expect(state.known.has(b.id)).toBe(true);
    const c = modelledSigner(3);
    const late = trusting(state, answerOf(state, c, { address: "fe80::c" }), "fe80::c");
    expect(why(late)).toBe("table full");
    const chosen = offer(state, c.id, 0);
    const heard = trusting(chosen, answerOf(chosen, c, { address: "fe80::c" }), "fe80::c");
    expect(heard[1].kind).toBe("proven");
  });

  test("the silent make room for who speaks now", () => {
    let state = flood(started(), 1000, 1000);
    for (let round = 0; round < 4; round++) state = calling(state);
    const [after, found] = hearing(state, answerOf(state), addressOf.b);
    expect(found.kind).toBe("proven");
    expect(after.known.size).toBe(acquaintanceLimit);
  });
});

describe("two machines with one key", () => {
  test("who answers here stays here; another one with its key is told, and replaces nothing", () => {
    const state = acquaintedPair();
    const [after, found] = hearing(
      state,
      answerOf(state, b, { key: 5, address: addressOf.other }),
      addressOf.other,
    );
    expect(found).toEqual({ kind: "refused", why: "also elsewhere" });
    const one = after.known.get(b.id);
    expect(one?.place.address).toBe(addressOf.b);
    expect(one?.tunnelKey[0]).toBe(2);
    expect(one?.elsewhere).toMatchObject({ clash: true });
  });

  test("who fell silent may answer from elsewhere", () => {
    const state = calling(calling(calling(acquaintedPair())));
    const [after] = hearing(state, answerOf(state, b, { address: "fe80::ff" }), "fe80::ff");
    expect(after.known.get(b.id)?.place.address).toBe("fe80::ff");
  });

  test("a machine with our own key is told, and our own voice on another cable is not", () => {
    const state = started();
    const twin = answerOf(state, a, { address: addressOf.b });
    expect(why(hearing(state, twin, addressOf.b))).toBe("twin");
    const own = signed(a, callOn(state, eth, addressOf.a));
    expect(why(hearing(state, own, addressOf.a))).toBe("own voice");
    expect(why(hearing(state, own, addressOf.b))).toBe("signed for another address");
  });
});

test("what a neighbour is told is the port that was offered to it, and nobody else", () => {
  const state = offer(started(), b.id, 52_008);
  const to = { id: b.id, challenge: fresh() };
  expect(answerTo(state, to, eth, addressOf.a)[1]?.answer?.port).toBe(52_008);
  const other = { id: modelledSigner(7).id, challenge: fresh() };
  expect(answerTo(state, other, eth, addressOf.a)[1]?.answer?.port).toBe(0);
  const taken = offer(state, b.id, undefined);
  expect(answerTo(taken, to, eth, addressOf.a)[1]?.answer?.port).toBe(0);
});
