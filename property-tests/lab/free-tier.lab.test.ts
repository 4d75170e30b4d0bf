import { execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NeighbourTally } from "#adapters/queueing/queueing.ts";
import {
  attachAnew,
  far,
  type LabLine,
  labLine,
  near,
  settled,
  tunnelName,
} from "../queueing/lab-line.ts";
import { skipsLab } from "./lab.ts";

const port = 7500;

/** A datagram of 1000 bytes with its headers. */
const packet = 1028n;

let line: LabLine;

describe.skipIf(skipsLab())("what is carried for nothing, on the real kernel", () => {
  beforeAll(async () => {
    line = await labLine();
    // Behind b an uplink by volume, and somebody on the other side of it.
    const { b, c } = line;
    const ip = (...args: readonly string[]) => execFileSync("ip", args, { stdio: "pipe" });
    ip(
      ...["link", "add", "wwan", "netns", b.name, "type", "veth"],
      ...["peer", "name", "wwan", "netns", c.name],
    );
    for (const [place, address] of [
      [b, "10.96.0.1/24"],
      [c, "10.96.0.2/24"],
    ] as const) {
      place.tool("ip", "address", "add", address, "dev", "wwan");
      place.tool("ip", "link", "set", "wwan", "up");
    }
    await attachAnew(line.a);
    await line.a.ask("setRoutes", [{ prefix: "10.96.0.0/24", index: 0, class: 0 }], []);
    await b.ask("clean");
    const metered = b.plans.map((plan) => ({ ...plan, metered: ["wwan"] }));
    await b.ask("attach", metered, b.routes);
    await c.ask("listenUdp", "::", port);
  });
  afterAll(() => line?.close());

  const tally = async () =>
    new Map(await line.b.ask("tally")).get(tunnelName("b", "a", 0)) as NeighbourTally;
  const send = (count: number) => line.a.ask("sendUdp", "10.96.0.2", port, [1000], count, 40_000);
  const room = async (bytes: bigint) => {
    const { b } = line;
    const neighbour = tunnelName("b", "a", 0);
    await b.ask("setLeaks", await b.ask("usage"), [{ neighbour, bytes }]);
  };

  test("nothing leaves by a metered interface before it is said how much may", async () => {
    await send(10);
    expect((await settled(line.c, port)).packets).toBe(0);
    expect((await tally()).leaked).toBe(0n);
    expect((await tally()).freeIn).toBe(10n * packet);
  });

  test("then so much, to the packet, and raised so much more", async () => {
    await room(5n * packet);
    await send(10);
    expect((await settled(line.c, port)).packets).toBe(5);
    expect((await tally()).leaked).toBe(5n * packet);
    await room(3n * packet);
    await send(10);
    expect((await settled(line.c, port)).packets).toBe(8);
    expect((await tally()).leaked).toBe(8n * packet);
  });

  test("room for a neighbour without a meter is refused", async () => {
    const { a } = line;
    const rooms = [{ neighbour: tunnelName("a", "b", 0), bytes: 1n }];
    await expect(a.ask("setLeaks", await a.ask("usage"), rooms)).rejects.toThrow("with a meter");
  });
});

describe.skipIf(skipsLab())("our own users, when money runs low", () => {
  let own: LabLine;
  beforeAll(async () => {
    own = await labLine();
    for (const one of [own.a, own.b, own.c]) await attachAnew(one);
    const { a, b, c } = own;
    const open = async (router: typeof a, name: string, kind: "quota" | "gate") => {
      const before = await router.ask("usage");
      const one = [{ interfaceName: name, limit: 1_000_000_000n, counter: 0n }];
      await router.ask(
        "setLimits",
        before,
        kind === "quota" ? one : [],
        kind === "gate" ? one : [],
      );
    };
    await open(a, tunnelName("a", "b", 1), "quota");
    await open(b, tunnelName("b", "a", 1), "gate");
    await open(b, tunnelName("b", "c", 1), "quota");
    await open(c, tunnelName("c", "b", 1), "gate");
    await c.ask("listenUdp", "::", port);
    await c.ask("listenTcp", "::", 80);
  });
  afterAll(() => own?.close());

  const paid = async () => (await own.a.reading("b", 1)).sent;
  const browse = (host: string) =>
    own.lan.tool(
      process.execPath,
      "-e",
      `const request = require("node:http").get({ host: "${host}", timeout: 5000 }, (answer) => {
         let text = ""; answer.on("data", (part) => (text += part)).on("end", () => console.log(answer.statusCode, text));
       });
       request.on("timeout", () => request.destroy()); request.on("error", () => console.log("nobody"));`,
    );
  const throttled = { lan: ["to-lan"], notices: [{ host: "10.98.0.1", port: 8480 }] };

  test("what they send is bought while all is well, and is free and told while it is not; the router's own goes on as paid", async () => {
    const before = await paid();
    await own.lan.ask("sendUdp", far.v4, port, [1000], 20, 40_000);
    await settled(own.c, port);
    expect((await paid()) - before).toBeGreaterThan(20_000n);

    const notice = noticeIn(own.a.name);
    await notice.ready;
    await own.a.ask("setOwn", throttled);
    const low = await paid();
    const arrived = (await own.c.ask("arrived", port)).packets;
    await own.lan.ask("sendUdp", far.v4, port, [1000], 20, 40_000);
    expect((await settled(own.c, port)).packets - arrived).toBe(20);
    expect((await paid()) - low).toBeLessThan(1000n);
    const shown = browse(far.v4);
    expect(shown).toContain("503");
    expect(shown).toContain("Slow until topped up");

    const own1 = await paid();
    await own.a.ask("sendUdp", far.v4, port, [1000], 20, 40_000);
    await settled(own.c, port);
    expect((await paid()) - own1).toBeGreaterThan(20_000n);

    await own.a.ask("setOwn", null);
    notice.end();
    const after = await paid();
    await own.lan.ask("sendUdp", far.v4, port, [1000], 20, 40_000);
    await settled(own.c, port);
    expect((await paid()) - after).toBeGreaterThan(20_000n);
    expect(browse(far.v4)).not.toContain("Slow until topped up");
  });

  test("they stay throttled when somebody flushes the rules away", async () => {
    const { a } = own;
    await a.ask("setOwn", throttled);
    a.tool("nft", "flush", "ruleset");
    await a.ask("reconcile");
    const rules = a.tool("nft", "list", "ruleset");
    expect(rules).toContain("dnat ip to 10.98.0.1:8480");
    await a.ask("setOwn", null);
    expect(a.tool("nft", "list", "ruleset")).not.toContain("dnat");
  });

  test("no interface, a name that ends the rule, and a place that is none are refused", async () => {
    const { a } = own;
    await expect(a.ask("setOwn", { ...throttled, lan: [] })).rejects.toThrow("1 to 16");
    await expect(a.ask("setOwn", { ...throttled, lan: ['a" drop'] })).rejects.toThrow("letters");
    const at = (host: string, where: number) =>
      a.ask("setOwn", { lan: ["to-lan"], notices: [{ host, port: where }] });
    await expect(at("router.lan", 80)).rejects.toThrow("an address");
    await expect(at(near.behind, 65_536)).rejects.toThrow("1 to 65535");
  });
});

/** The shipped notice, in a namespace. */
function noticeIn(namespace: string) {
  const path = new URL("../../router-agent/defence/notice-server.ts", import.meta.url).href;
  const program = `import * as Effect from "effect/Effect";
    const { noticeServer } = await import(${JSON.stringify(path)});
    Effect.runFork(Effect.scoped(Effect.andThen(noticeServer("10.98.0.1", 8480),
      Effect.andThen(Effect.sync(() => console.log("ready")), Effect.never))));`;
  const args = ["netns", "exec", namespace, process.execPath, "--input-type=module", "-e", program];
  const child = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
  return {
    ready: new Promise<void>((resolve) => child.stdout?.once("data", () => resolve())),
    end: () => void child.kill("SIGKILL"),
  };
}
