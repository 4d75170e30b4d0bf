import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tunnelPublicKey } from "#adapters/keys/tunnel-key.ts";
import type { TunnelWayName } from "#adapters/tunnel/wireguard-tunnel.ts";
import { uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { type TunnelBench, tunnelContract } from "../contracts/tunnel-contract.ts";
import { queueingOptions } from "../queueing/lab-line.ts";
import { type LabNamespace, labNamespace } from "../tunnel/lab-namespace.ts";
import { labInterfaces } from "../tunnel/lab-sockets.ts";
import { skipsLab } from "./lab.ts";

const key = (letter: string) => Buffer.alloc(32, letter).toString("base64");
const publicKey = (letter: string) => tunnelPublicKey(Buffer.from(key(letter), "base64"));
const [own, one, other] = ["o", "p", "q"] as const;

const prefix = `${labInterfaces}t${process.pid.toString(36).slice(-6)}`;
const name = `${prefix}w0`;

let at: LabNamespace;
let places = 0;

const plan = (over: object = {}) => ({
  name,
  privateKey: key(own),
  listenPort: 52_900,
  ownAddress: "fe80::5",
  peerKey: publicKey(one),
  endpoint: "127.0.0.1:9", // nobody answers: what is sent is a handshake's beginning
  ...over,
});

const counters = async () => (await at.ask("counters", [name]))[0];

/** The processes that serve an interface, dead ones left out. */
const servers = () => {
  const shown = execFileSync("ps", ["-eo", "pid,stat,args"], { encoding: "utf8" });
  return shown
    .split("\n")
    .filter((line) => line.includes(`wireguard-go ${name}`) && !/^\s*\d+\s+Z/.test(line));
};

describe.skipIf(skipsLab())("tunnels of the real machine", () => {
  for (const way of ["netlink", "spawned"] as const) {
    tunnelContract(`WireGuard, ${way}`, () => bench([way]));
  }

  describe("beyond the contract", () => {
    beforeAll(() => {
      at = labNamespace("t", queueingOptions("a"));
    });
    afterAll(() => at?.remove());

    test("a tunnel is up, with our link-local address, room for every underlay, and no more", async () => {
      expect(await at.ask("apply", plan())).toBe("made");
      const shown = at.tool("ip", "address", "show", "dev", name);
      expect(shown).toContain("mtu 1420");
      expect(shown).toMatch(/[<,]UP[,>]/);
      expect(shown.match(/inet6? \S+/g)).toEqual(["inet6 fe80::5/64"]);
      expect(at.tool("wg", "show", name, "allowed-ips").trim().split("\t")[1]).toMatch(
        /^(0\.0\.0\.0\/0 ::\/0|::\/0 0\.0\.0\.0\/0)$/,
      );
      expect(at.tool("wg", "show", name, "persistent-keepalive")).toContain("\t25");
    });

    test("packets that come another way than they would go are not dropped", () => {
      expect(at.tool("cat", `/proc/sys/net/ipv4/conf/${name}/rp_filter`).trim()).toBe("0");
    });

    test("a tunnel outlives an agent that is killed, and the next one adopts it, counter and port", async () => {
      const before = await counters();
      const socket = at.tool("ss", "-uanH", "sport = 52900");
      await at.kill();
      expect(await at.ask("list", prefix)).toEqual([name]);
      expect(await at.ask("apply", plan())).toBe("adopted");
      const after = await counters();
      expect(after?.interfaceIndex).toBe(before?.interfaceIndex);
      expect(after?.sent).toBeGreaterThanOrEqual(before?.sent ?? 1n);
      expect(at.tool("ss", "-uanH", "sport = 52900")).toBe(socket);
    });

    test("a changed port and endpoint are taken by the tunnel that is there", async () => {
      await at.ask("apply", plan({ listenPort: 52_901, endpoint: "[::1]:99" }));
      expect(at.tool("wg", "show", name, "listen-port").trim()).toBe("52901");
      expect(at.tool("wg", "show", name, "endpoints")).toContain("[::1]:99");
    });

    test("a name is resolved, and one that does not resolve keeps no tunnel from being made", async () => {
      await at.ask("apply", plan({ endpoint: "localhost:1234" }));
      expect(at.tool("wg", "show", name, "endpoints")).toMatch(/(127\.0\.0\.1|\[::1\]):1234/);
      expect(await at.ask("apply", plan({ endpoint: "nowhere.invalid:1234" }))).toBe("adopted");
    });

    test("removed, its process and its socket are gone, and it can be made again at once", async () => {
      await at.ask("apply", plan());
      await at.ask("remove", name);
      expect(existsSync(uapiPath(name))).toBe(false);
      expect(await at.ask("apply", plan())).toBe("made");
      expect(servers().length).toBeLessThanOrEqual(1);
      await at.ask("remove", name);
    });

    test("an interface of somebody else is not adopted, listed or removed", async () => {
      at.tool("ip", "link", "add", `${prefix}v0`, "type", "veth", "peer", "name", `${prefix}v1`);
      at.tool("ip", "tuntap", "add", "mode", "tun", `${prefix}v2`);
      for (const stranger of [`${prefix}v0`, `${prefix}v2`]) {
        await expect(at.ask("apply", plan({ name: stranger }))).rejects.toThrow("no WireGuard");
        await expect(at.ask("remove", stranger)).rejects.toThrow("it stays");
      }
      expect(await at.ask("list", prefix)).toEqual([]);
      expect(at.tool("ip", "link", "show", `${prefix}v0`)).toContain(prefix);
    });

    test("what is no plan is refused in words that quote no key, and nothing is made", async () => {
      const secret = `${"S".repeat(43)}!`;
      for (const [over, words] of [
        [{ name: "sixteen-letters-" }, "1 to 15 letters"],
        [{ name: "a/b" }, "1 to 15 letters"],
        [{ peerKey: "short" }, "peer's key is not 32 bytes"],
        [{ privateKey: secret }, "private key is not 32 bytes"],
        [{ listenPort: 65_536 }, "65536 is no UDP port"],
        [{ ownAddress: "10.0.0.1" }, "not link-local"],
        [{ ownAddress: "fe80::1 dev lo" }, "not link-local"],
        [{ endpoint: "host" }, "not host:port"],
        [{ endpoint: "host:0" }, "not host:port"],
        [{ endpoint: "a\nprivate_key=0:1" }, "not host:port"],
        [{ endpoint: "[1.2.3.4]:5" }, "not host:port"],
      ] as const) {
        const failure = await at.ask("apply", plan(over)).then(
          () => "accepted",
          (error: Error) => error.message,
        );
        expect(failure).toContain(words);
        expect(failure).not.toContain(secret);
      }
      expect(await at.ask("list", prefix)).toEqual([]);
    });
  });
});

/** A namespace of its own. */
async function bench(tunnelWays: readonly TunnelWayName[]): Promise<TunnelBench> {
  places += 1;
  const here = labNamespace(`c${places}`, { ...queueingOptions("a"), tunnelWays });
  const see = async (tunnel: string) => {
    const [found] = await here.ask("counters", [tunnel]);
    if (found === undefined) return undefined;
    return { index: found.interfaceIndex, peerKey: found.peerKey, sent: found.sent };
  };
  const ports = new Map<string, number>();
  return {
    prefix,
    peers: [publicKey(one), publicKey(other)],
    apply: (tunnel, peerKey) => {
      const listenPort = ports.get(tunnel) ?? 52_800 + ports.size;
      ports.set(tunnel, listenPort);
      const made = plan({ name: tunnel, peerKey, listenPort, endpoint: "127.0.0.1:9" });
      return here.ask("apply", made);
    },
    remove: (tunnel) => here.ask("remove", tunnel),
    list: (start) => here.ask("list", start),
    sweep: (start) => here.ask("sweep", start),
    see,
    // Another handshake than the one that a new tunnel begins by itself.
    use: async (tunnel) => {
      const target = ((await see(tunnel))?.sent ?? 0n) + 148n;
      await here.ask("sendUdp", `fe80::9%${tunnel}`, 9, [100], 1, 1000);
      while (((await see(tunnel))?.sent ?? target) < target) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    close: () => here.remove(),
  };
}
