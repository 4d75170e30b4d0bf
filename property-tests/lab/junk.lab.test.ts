import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { NeighbourTally, QueuePlan } from "#adapters/queueing/queueing.ts";
import {
  attachAnew,
  far,
  type LabLine,
  type LabRouter,
  labLine,
  near,
  settled,
  tunnelName,
  tunnelPlan,
} from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";

const plenty = 1_000_000_000n;

/** A datagram with its IPv4 and UDP headers. */
const packet = 1028n;
const datagrams = 100;

let line: LabLine;
let port = 7300;

describe.skipIf(skipsLab())("junk as the real kernel counts it", () => {
  beforeAll(async () => {
    line = await labLine();
    // A second paid class between a and b, so that there is a cheaper one.
    await line.a.ask("apply", tunnelPlan("a", "b", 2));
    await line.b.ask("apply", tunnelPlan("b", "a", 2));
    await line.b.ask("apply", tunnelPlan("b", "c", 2));
    await line.c.ask("apply", tunnelPlan("c", "b", 2));
  });
  afterAll(() => line?.close());
  beforeEach(async () => {
    port += 1;
    await attachAnew(line.a);
    await attachAnew(line.c);
  });

  const plansOf = (router: LabRouter, from: "a" | "b" | "c", tos: readonly ("a" | "b" | "c")[]) =>
    tos.map((to, i): QueuePlan => {
      const plan = router.plans[i];
      if (plan === undefined) throw new Error("no plan");
      return { ...plan, interfaces: [0, 1, 2].map((one) => tunnelName(from, to, one)) };
    });
  /** b sells what is behind c on class 2 only. */
  const attachB = async () => {
    const { b } = line;
    await b.ask("clean");
    const back = [{ prefix: `${near.v4}/32`, index: 0, class: 0 }];
    const onward = [{ prefix: `${far.v4}/32`, index: 1, class: 2 }];
    await b.ask("attach", plansOf(b, "b", ["a", "c"]), [...onward, ...back]);
  };
  const attachA = async (routes: readonly (readonly [prefix: string, priceClass: number])[]) => {
    const { a } = line;
    await a.ask("clean");
    const all = routes.map(([prefix, one]) => ({ prefix, index: 0, class: one }));
    await a.ask("attach", plansOf(a, "a", ["b"]), all);
    for (const priceClass of [1, 2]) await open(a, tunnelName("a", "b", priceClass), "quota");
  };
  const open = async (router: LabRouter, interfaceName: string, kind: "quota" | "gate") => {
    const before = await router.ask("usage");
    const one = [{ interfaceName, limit: plenty, counter: 0n }];
    await router.ask("setLimits", before, kind === "quota" ? one : [], kind === "gate" ? one : []);
  };
  const tallyOf = async (router: LabRouter, from: "a" | "b" | "c", to: "a" | "b" | "c") =>
    new Map(await router.ask("tally")).get(tunnelName(from, to, 0)) as NeighbourTally;
  const send = (host: string, count = datagrams) =>
    line.a.ask("sendUdp", host, port, [1000], count, 400_000);

  test("what leads nowhere is counted for who sent it, by the byte, and for nobody else", async () => {
    await attachB();
    await attachA([["10.97.0.0/16", 1]]);
    await open(line.b, tunnelName("b", "a", 1), "gate");
    await send("10.97.0.1");
    const [ours, other] = [await tallyOf(line.b, "b", "a"), await tallyOf(line.b, "b", "c")];
    expect(ours.junk).toBe(BigInt(datagrams) * packet);
    expect(ours.received).toBeGreaterThanOrEqual(ours.junk);
    expect(other.junk).toBe(0n);
    expect(ours.undue).toBe(0n); // nobody is paid for it by the byte here
  });

  test("what comes on a class cheaper than its destination's is junk and rides free; on its own class it is none", async () => {
    await attachB();
    await attachA([[`${far.v4}/32`, 1]]);
    await open(line.b, tunnelName("b", "a", 1), "gate");
    await open(line.b, tunnelName("b", "a", 2), "gate");
    await open(line.b, tunnelName("b", "c", 2), "quota");
    await line.c.ask("listenUdp", "::", port);
    const paid = async () =>
      (await line.b.ask("counters", [tunnelName("b", "c", 2)]))[0]?.sent ?? 0n;
    const before = await paid();
    await send(far.v4, 20);
    await settled(line.c, port);
    const first = await tallyOf(line.b, "b", "a");
    expect(first.junk).toBe(20n * packet);
    expect(first.freeIn).toBe(20n * packet);
    expect((await tallyOf(line.b, "b", "c")).freeOut).toBe(20n * packet);
    expect((await paid()) - before).toBeLessThan(1000n);

    await attachA([[`${far.v4}/32`, 2]]);
    await send(far.v4, 20);
    await settled(line.c, port);
    const second = await tallyOf(line.b, "b", "a");
    expect(second.junk).toBe(first.junk);
    expect(second.received).toBeGreaterThanOrEqual(first.received + 20n * packet);
  });

  test("where a delivery is paid for, what nobody asked for is junk, answers are none, and servers may be called", async () => {
    const { b, c } = line;
    await attachB();
    await attachA([]);
    const attachC = async (served: readonly string[]) => {
      await c.ask("clean");
      const [plan] = plansOf(c, "c", ["b"]);
      if (plan === undefined) throw new Error("no plan");
      await c.ask(
        "attach",
        [{ ...plan, unasked: { carrier: 2, served } }],
        [{ prefix: "10.99.9.9/32", index: 0, class: 2 }],
      );
      await open(c, tunnelName("c", "b", 2), "quota");
      await open(c, tunnelName("c", "b", 2), "gate");
    };
    await open(b, tunnelName("b", "c", 2), "quota");
    await open(b, tunnelName("b", "c", 2), "gate");
    b.tool("ip", "address", "replace", "10.99.9.9/32", "dev", "lo");
    const junk = async () => (await tallyOf(c, "c", "b")).junk;

    await attachC([]);
    await b.ask("sendUdp", far.v4, port, [1000], 10, 400_000);
    expect(await junk()).toBe(10n * packet);
    expect((await tallyOf(c, "c", "b")).undue).toBe(10n * packet);
    // What leads nowhere by another tunnel is junk, and no part of the delivery.
    b.tool("ip", "route", "add", "10.66.0.1/32", "dev", tunnelName("b", "c", 1));
    await open(b, tunnelName("b", "c", 1), "quota");
    await b.ask("sendUdp", "10.66.0.1", port, [1000], 10, 400_000);
    expect(await junk()).toBe(20n * packet);
    expect((await tallyOf(c, "c", "b")).undue).toBe(10n * packet);

    // Asked for: c calls b, and the answers come back by the same tunnel.
    const before = (await tallyOf(c, "c", "b")).received;
    await b.ask("listenTcp", "10.99.9.9", port);
    await c.ask("sendTcp", "10.99.9.9", port, 200);
    expect((await tallyOf(c, "c", "b")).received).toBeGreaterThan(before);
    expect((await b.ask("arrived", port)).bytes).toBeGreaterThan(1000);
    expect(await junk()).toBe(20n * packet);

    await attachC([`${far.v4}/32`]);
    await b.ask("sendUdp", far.v4, port, [1000], 10, 400_000);
    expect(await junk()).toBe(0n);
  });
});
