import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { discoveredFacts } from "#agent/agent/discovered-request.ts";
import { eventsOnDisk } from "#agent/cli/ledger-source.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import { eventually } from "../contracts/link-contract.ts";
import { skipsLab } from "./lab.ts";
import { behind, type Place, type SharedCable, sharedCable } from "./shared-cable.ts";

/** Datagrams of 1000 bytes to an address, some 200 a second, for as long as it lives. */
const traffic = `
const socket = require("node:dgram").createSocket("udp4");
setInterval(() => { for (let i = 0; i < 4; i++) socket.send(Buffer.alloc(1000), 9, process.argv[1]); }, 20);`;

/**
 * Hears all that is called on the cable and says it again: as b, from b's own address, and from its
 * own; turned in one bit too.
 */
const parrot = `
const dgram = require("node:dgram");
const lookup = (host, _, done) => done(null, host, 6);
const ear = dgram.createSocket({ type: "udp6", lookup });
const group = "ff02::6d74%cable";
const mouths = ["fe80::b%cable", "fe80::bad%cable"].map((address) => {
  const mouth = dgram.createSocket({ type: "udp6", lookup });
  mouth.bind({ address, port: 8471 });
  return mouth;
});
ear.bind({ address: group, port: 8471 }, () => ear.addMembership("ff02::6d74", "::%cable"));
let said = [];
ear.on("message", (bytes) => { said.push(Buffer.from(bytes)); said = said.slice(-50); });
setInterval(() => {
  for (const bytes of said) for (const mouth of mouths) {
    const turned = Buffer.from(bytes);
    turned[Math.floor(Math.random() * turned.length)] ^= 1;
    mouth.send(bytes, 8471, group);
    mouth.send(turned, 8471, group);
  }
}, 50);`;

describe.skipIf(skipsLab())("agents that share a cable", () => {
  let cable: SharedCable;
  beforeAll(async () => {
    cable = await sharedCable();
  });
  afterAll(() => cable?.close());

  const discovered = async (place: Place) =>
    (await cable.ask(place, "discovered")) as ReturnType<typeof discoveredFacts>;
  const stateOf = async (at: Place, of: Place) =>
    (await discovered(at)).peers.find(({ id }) => id === cable.idOf(of))?.state;
  const accounts = async (at: Place, of: Place) =>
    (await cable.status(at)).neighbours.find(({ id }) => id === cable.idOf(of))?.accounts ?? [];
  const paying = async () => (await accounts("a", "b")).find((one) => one.direction === "we pay");
  const paid = async () =>
    (await accounts("b", "a")).find((one) => one.direction === "we are paid");
  const credited = async () => BigInt((await paid())?.settled ?? 0);
  const grows = async () => {
    const before = await credited();
    await eventually(async () => (await credited()) > before);
  };
  const agree = () =>
    eventually(async () => {
      await cable.ask("a", "settle");
      await cable.ask("b", "settle");
      const [mine, theirs] = [await paying(), await paid()];
      return mine?.settled === mine?.amount && theirs?.settled === mine?.settled;
    });
  const throttles = async (place: Place) => (await cable.status(place)).counts.throttles;

  const writtenB = () => ({
    neighbours: [{ name: "b", id: cable.idOf("b"), deposit_in: "1 USDC", deposit_out: "1 USDC" }],
    routes: [{ prefix: `${behind.b}/32`, via: "b" }],
  });

  test("find each other, make tunnels, and what flows is paid", async () => {
    await cable.start("a", writtenB());
    await cable.start("b");
    await eventually(async () => (await stateOf("a", "b")) === "neighbour");
    await eventually(async () => (await stateOf("b", "a")) === "neighbour");
    cable.script("a", traffic, behind.b);
    await grows();
    expect((await discovered("a")).peers).toHaveLength(1);
  });

  test("under traffic a third one comes and goes: nobody else loses a counter or is throttled", async () => {
    const before = await paying();
    await cable.start("c");
    await eventually(async () => (await stateOf("a", "c")) === "neighbour");
    await eventually(async () => (await stateOf("b", "c")) === "neighbour");
    await grows();
    await cable.ask("a", "forget", cable.idOf("c"));
    await cable.ask("b", "forget", cable.idOf("c"));
    await cable.stop("c");
    await grows();
    expect((await paying())?.resets).toBe(before?.resets);
    expect([await throttles("a"), await throttles("b")]).toEqual([0, 0]);
  });

  test("forged, turned, and replayed from b's own address, hellos change nothing", async () => {
    const facts = async () =>
      (await discovered("a")).peers.map(({ id, tunnelKey, address }) => ({
        id,
        tunnelKey,
        address,
      }));
    const before = (await facts()).filter(({ id }) => id === cable.idOf("b"));
    cable.inside("m", "ip", "-6", "address", "add", "fe80::b/64", "dev", "cable", "nodad");
    const attacker = cable.script("m", parrot);
    const refusals = async () => {
      const { refused, flooded } = (await discovered("a")).counts;
      return Object.values(refused).reduce((all, one) => all + one, 0) + flooded;
    };
    const first = await refusals();
    await eventually(async () => (await refusals()) > first + 200);
    await grows();
    attacker.kill("SIGKILL");
    cable.inside("m", "ip", "-6", "address", "delete", "fe80::b/64", "dev", "cable");
    expect((await facts()).filter(({ id }) => id === cable.idOf("b"))).toEqual(before);
    const known = (await facts()).map(({ id }) => id);
    expect(known).not.toContain(cable.idOf("m"));
    expect((await cable.status("a")).neighbours.map(({ id }) => id)).not.toContain(cable.idOf("m"));
    expect([await throttles("a"), await throttles("b")]).toEqual([0, 0]);
  });

  test("a tunnel key that is rotated under traffic costs no account: both books agree to the grain", async () => {
    const before = await paying();
    const { peers } = await discovered("b");
    const old = peers.find(({ id }) => id === cable.idOf("a"))?.tunnelKey;
    await cable.stop("a");
    const said = cable.command("a", "keys", "--rotate-tunnel");
    expect(said).toContain(cable.idOf("a"));
    expect(said).not.toContain(String(old));
    await cable.start("a", writtenB());
    await eventually(async () => {
      const now = (await discovered("b")).peers.find(({ id }) => id === cable.idOf("a"));
      return now?.tunnelKey !== old && said.includes(String(now?.tunnelKey));
    });
    await grows();
    await grows();
    for (const priceClass of [0, 1]) {
      const tunnel = `${cable.prefix("b")}n${cable.idOf("a").slice(2, 9)}${priceClass}`;
      const [key, ...more] = cable.inside("b", "wg", "show", tunnel, "peers").trim().split("\n");
      expect([said.includes(String(key)), more]).toEqual([true, []]);
    }
    const now = await paying();
    expect(BigInt(now?.position ?? 0)).toBeGreaterThan(BigInt(before?.position ?? 0));
    // Our own counters know nothing of it: the neighbour's key is the same.
    expect(now?.resets).toBe(before?.resets);
    expect(
      (await cable.status("b")).neighbours.filter(({ id }) => id === cable.idOf("a")),
    ).toHaveLength(1);
    expect([await throttles("a"), await throttles("b")]).toEqual([0, 0]);
  });

  test("a cable that is pulled leaves the neighbour a neighbour; plugged in again, it pays on", async () => {
    cable.unplug("b");
    await eventually(async () => (await stateOf("a", "b")) === "silent");
    cable.plugIn("b");
    await eventually(async () => (await stateOf("a", "b")) === "neighbour");
    await grows();
  });

  test("a machine with a's own keys is told, at a itself", async () => {
    cable.copyKeys("a", "c");
    await cable.start("c", { discovery_policy: "off" });
    await eventually(async () => (await discovered("a")).twin?.address === "fe80::c");
    await eventually(async () => cable.log("a").includes("another machine with the node key"));
    await cable.stop("c");
  });

  test("at the end both books agree to the grain, and the journals tell one story", async () => {
    await agree();
    await cable.stop("a");
    await cable.stop("b");
    const audited = async (place: Place) =>
      auditJournal(await Effect.runPromise(eventsOnDisk(cable.journal(place))));
    const { findings } = compareJournals([await audited("a"), await audited("b")]);
    expect(findings).toEqual([]);
  });
});
