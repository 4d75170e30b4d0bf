import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  attachAnew,
  controlPort,
  far,
  type LabLine,
  type LabRouter,
  labLine,
  near,
  ownAddress,
  rates,
  settled,
  tunnelPlan,
} from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";

const plenty = 1_000_000_000n;
const handshakes = 1000n;

/** Bytes a second of the free class. */
const free = Number(rates.freeRate) / 8;

/** What a policer lets through at once: what it has saved up in its first second, and its burst. */
const burst = free + 16_384;

/** Of the bytes of a flood. A busy machine may lose some: what must be exact is counted elsewhere. */
const nearlyAll = 0.9 * 1_200_000;

let line: LabLine;
let port = 7100;

describe.skipIf(skipsLab())("standings of the real kernel", () => {
  beforeAll(async () => {
    line = await labLine();
  });
  afterAll(() => line?.close());
  beforeEach(async () => {
    for (const one of [line.a, line.b, line.c]) await attachAnew(one);
    await openAll();
    port += 1;
    await line.c.ask("listenUdp", "::", port);
    await line.a.ask("listenUdp", "::", port);
  });

  const limits = async (router: LabRouter, to: "a" | "b" | "c", kind: "quota" | "gate") => {
    const before = await router.ask("usage");
    const { interfaceName, sent, received } = await router.reading(to, 1);
    const counter = kind === "quota" ? sent : received;
    const one = [{ interfaceName, limit: counter + plenty, counter }];
    const [quotas, gates] = kind === "quota" ? [one, []] : [[], one];
    await router.ask("setLimits", before, quotas, gates);
  };
  const openAll = async () => {
    await limits(line.a, "b", "quota");
    await limits(line.b, "c", "quota");
    await limits(line.b, "a", "gate");
    await limits(line.c, "b", "gate");
  };
  const stand = (standing: "open" | "throttled") => {
    const [plan] = line.b.plans;
    if (plan === undefined) throw new Error("b has no neighbour");
    return line.b.ask("setStanding", plan, standing);
  };
  /** Sends for two seconds, 600 kB/s; returns what arrived, and how long it took to settle. */
  const flood = async (from: LabRouter, to: string, at: LabRouter) => {
    const before = (await at.ask("arrived", port)).bytes;
    const began = process.hrtime.bigint();
    await from.ask("sendUdp", to, port, [1200], 1000, 600_000);
    const { bytes } = await settled(at, port);
    return { bytes: bytes - before, seconds: Number(process.hrtime.bigint() - began) / 1e9 };
  };

  test("an open neighbour's paid traffic is forwarded as paid, all of it", async () => {
    const { a, b, c } = line;
    const before = (await b.reading("c", 1)).sent;
    expect((await flood(a, far.v4, c)).bytes).toBeGreaterThan(nearlyAll);
    expect((await b.reading("c", 1)).sent - before).toBeGreaterThan(BigInt(nearlyAll));
  });

  test("a throttled one gets the free rate, by class 0 only, from the first packet on", async () => {
    const { a, b, c } = line;
    await stand("throttled");
    const before = (await b.reading("c", 1)).sent;
    const { bytes, seconds } = await flood(a, far.v4, c);
    expect(bytes).toBeLessThanOrEqual(burst + free * seconds);
    expect(bytes).toBeGreaterThan(free);
    expect((await b.reading("c", 1)).sent - before).toBeLessThan(handshakes);
  });

  test("so does what is sent to it", async () => {
    const { a, c } = line;
    await stand("throttled");
    const { bytes, seconds } = await flood(c, near.v4, a);
    expect(bytes).toBeLessThanOrEqual(burst + free * seconds);
    expect(bytes).toBeGreaterThan(free / 2);
  });

  test("no control datagram is lost in either direction while free traffic floods", async () => {
    const { a, b, c } = line;
    await a.ask("listenUdp", "::", controlPort);
    await b.ask("listenUdp", "::", controlPort);
    const counts = async () => [
      (await a.ask("arrived", controlPort)).packets,
      (await b.ask("arrived", controlPort)).packets,
    ];
    const before = await counts();
    await stand("throttled");
    const [toB, toA] = [a.tunnels("b")[0], b.tunnels("a")[0]];
    await Promise.all([
      // Towards b twice what class 0 carries, and back: a's own queue overflows as well.
      a.ask("sendUdp", far.v4, port, [1200], 2000, 1_000_000),
      c.ask("sendUdp", near.v4, port, [1200], 2000, 1_000_000),
      b.ask("sendUdp", near.v4, port, [1200], 2000, 1_000_000),
      a.ask("sendUdp", `${ownAddress("b")}%${toB}`, controlPort, [600], 50, 12_000),
      b.ask("sendUdp", `${ownAddress("a")}%${toA}`, controlPort, [600], 50, 12_000),
    ]);
    await settled(a, controlPort);
    await settled(b, controlPort);
    expect(await counts()).toEqual(before.map((packets) => packets + 50));
  });

  test("traffic for others is no control traffic, whatever its port", async () => {
    const { a, b, c } = line;
    await stand("throttled");
    await c.ask("listenUdp", "::", 6696);
    const paid = (await b.reading("c", 1)).sent;
    const began = process.hrtime.bigint();
    await a.ask("sendUdp", far.v6, 6696, [1200], 1000, 600_000);
    const { bytes } = await settled(c, 6696);
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    expect(bytes).toBeLessThanOrEqual(burst + free * seconds);
    expect((await b.reading("c", 1)).sent - paid).toBeLessThan(handshakes);
  });

  test("opened again, everything passes as paid at once", async () => {
    const { a, b, c } = line;
    await stand("throttled");
    await flood(a, far.v4, c);
    await stand("open");
    const before = (await b.reading("c", 1)).sent;
    expect((await flood(a, far.v4, c)).bytes).toBeGreaterThan(nearlyAll);
    expect((await b.reading("c", 1)).sent - before).toBeGreaterThan(BigInt(nearlyAll));
  });

  test("throttling one neighbour loses no packet of another", async () => {
    const { b, c } = line;
    const dropped = () => {
      const shown = b.tool("tc", "-s", "qdisc", "show", "dev", b.tunnels("c")[1] ?? "");
      return shown.match(/dropped \d+/g);
    };
    // A machine that is busy with something else sends in bursts, and then queues overflow. What
    // throttling loses, it loses every time.
    let lossless = false;
    for (let attempt = 0; attempt < 4 && !lossless; attempt++) {
      const before = dropped();
      expect(before?.length).toBe(2);
      const sending = flood(b, far.v4, c);
      await limits(b, "c", "quota");
      for (let i = 0; i < 8; i++) {
        await stand(i % 2 === 0 ? "throttled" : "open");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const { bytes } = await sending;
      lossless = bytes > nearlyAll && String(dropped()) === String(before);
    }
    expect(lossless).toBe(true);
  });

  test("a tunnel that is made again while its neighbour is throttled stays throttled", async () => {
    const { a, b, c } = line;
    await stand("throttled");
    await b.ask("remove", b.tunnels("a")[0] ?? "");
    await b.ask("apply", tunnelPlan("b", "a", 0));
    const [plan] = b.plans;
    if (plan === undefined) throw new Error("b has no neighbour");
    await b.ask("mend", plan, b.routes);
    const shown = b.tool("tc", "class", "show", "dev", b.tunnels("a")[0] ?? "");
    expect(shown).toMatch(/class htb 1:2 .*rate 400Kbit ceil 400Kbit/);
    await flood(a, far.v4, c);
    const { bytes, seconds } = await flood(c, near.v4, a);
    expect(bytes).toBeLessThanOrEqual(burst + free * seconds);
    expect(bytes).toBeGreaterThan(0);
  });
});
