import { execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueuePlan } from "#adapters/queueing/queueing.ts";
import { type LabNamespace, labNamespace } from "../tunnel/lab-namespace.ts";
import { skipsLab } from "./lab.ts";

/** The LAN, with the router first, and a server beyond its neighbour. */
const lan6 = { router: "fd97:1::1", user: "fd97:1::2" } as const;
const lan4 = { router: "10.97.1.1", user: "10.97.1.2" } as const;
const server = { v4: "10.97.2.1", v6: "fd97:2::1" } as const;
const noticePort = 8480;

const options = (place: string) => ({
  table: `meshtoll_notice_${place}`,
  freeMark: 0x5001,
  controlPort: 4460,
  base: 5100,
});

/** Queues, marks and notices hang on any interface: bare cables do as tunnels here. */
const plan: QueuePlan = {
  index: 0,
  interfaces: ["ofn0", "ofn1"],
  linkRate: 8_000_000n,
  freeRate: 1_000_000n,
  controlRate: 128_000n,
};

/** A server of both kinds: what it says is known nowhere else. TLS by a key that both have. */
const webServer = `const key = Buffer.alloc(16, 7);
  require("node:http").createServer((_, answer) => answer.end("the real page")).listen(80, "::", () =>
  require("node:tls").createServer({ pskCallback: () => key, ciphers: "PSK", maxVersion: "TLSv1.2" },
    (socket) => { socket.on("error", () => {}); socket.end("the real secret"); })
    .listen(443, "::", () => console.log("ready")));`;

const browser = (host: string) =>
  `const request = require("node:http").get({ host: "${host}", timeout: 20000 }, (answer) => {
     let text = ""; answer.on("data", (part) => (text += part)).on("end", () => console.log(answer.statusCode, text)); });
   request.on("timeout", () => request.destroy()); request.on("error", () => console.log("nobody"));`;

const secretly = (host: string) =>
  `const key = Buffer.alloc(16, 7);
   const socket = require("node:tls").connect({ host: "${host}", port: 443, timeout: 20000, ciphers: "PSK",
     maxVersion: "TLSv1.2", checkServerIdentity: () => undefined, pskCallback: () => ({ psk: key, identity: "user" }) });
   let text = ""; socket.on("data", (part) => (text += part)).on("close", () => console.log(text || "nobody"));
   socket.on("timeout", () => socket.destroy()); socket.on("error", () => {});`;

/** The shipped notice. */
const noticeProgram = (host: string) => {
  const path = new URL("../../router-agent/defence/notice-server.ts", import.meta.url).href;
  return `import * as Effect from "effect/Effect";
    const { noticeServer } = await import(${JSON.stringify(path)});
    Effect.runFork(Effect.scoped(Effect.andThen(noticeServer("${host}", ${noticePort}),
      Effect.andThen(Effect.sync(() => console.log("ready")), Effect.never))));`;
};

/** What runs in a namespace, once it says that it is ready. */
async function running(namespace: string, ...words: readonly string[]) {
  const args = ["netns", "exec", namespace, process.execPath, ...words];
  const child = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()));
  return () => void child.kill("SIGKILL");
}

describe.skipIf(skipsLab())("the notice, for users of both kinds of addresses", () => {
  let lan: LabNamespace;
  let router: LabNamespace;
  let far: LabNamespace;
  const ends: (() => void)[] = [];
  const ask = (program: string) => lan.tool(process.execPath, "-e", program).trim();

  beforeAll(async () => {
    lan = labNamespace("ofl", options("l"));
    router = labNamespace("ofr", options("r"));
    far = labNamespace("off", options("f"));
    cable(["ofn0", router], ["up0", far]);
    cable(["ofn1", router], ["up1", far]);
    cable(["oflan", router], ["eth0", lan]);
    addressed();
    const routes = [`${server.v4}/32`, `${server.v6}/128`].map((prefix) => {
      return { prefix, index: 0, class: 0 };
    });
    await router.ask("attach", [plan], routes);
    ends.push(await running(far.name, "-e", webServer));
  }, 240_000);
  afterAll(async () => {
    for (const end of ends) end();
    for (const one of [lan, router, far]) await one?.remove();
  });

  const addressed = () => {
    for (const place of [lan, router, far]) {
      place.tool("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1", "net.ipv4.ip_forward=1");
    }
    const give = (place: LabNamespace, address: string, device: string) =>
      place.tool("ip", "address", "add", address, "dev", device, "nodad");
    give(router, `${lan6.router}/64`, "oflan");
    give(router, `${lan4.router}/24`, "oflan");
    give(lan, `${lan6.user}/64`, "eth0");
    give(lan, `${lan4.user}/24`, "eth0");
    lan.tool("ip", "-6", "route", "add", "default", "via", lan6.router);
    lan.tool("ip", "route", "add", "default", "via", lan4.router);
    for (const priceClass of [0, 1]) {
      give(router, "fe80::1/64", `ofn${priceClass}`);
      give(far, `${server.v6}/128`, `up${priceClass}`);
      give(far, `${server.v4}/32`, `up${priceClass}`);
    }
    far.tool("ip", "-6", "route", "add", "fd97:1::/64", "via", "fe80::1", "dev", "up0");
    give(router, "10.97.3.1/30", "ofn0");
    give(far, "10.97.3.2/30", "up0");
    far.tool("ip", "route", "add", "10.97.1.0/24", "via", "10.97.3.1");
  };
  const throttle = (...hosts: readonly string[]) => {
    const notices = hosts.map((host) => ({ host, port: noticePort }));
    return router.ask("setOwn", { lan: ["oflan"], notices });
  };

  test("nobody is told anything while all is well", () => {
    expect(ask(browser(server.v6))).toBe("200 the real page");
    expect(ask(browser(server.v4))).toBe("200 the real page");
    expect(ask(secretly(server.v6))).toBe("the real secret");
  });

  test("by IPv6, what is asked of web servers is answered by the notice, and HTTPS reaches whom it asks for", async () => {
    ends.push(await running(router.name, "--input-type=module", "-e", noticeProgram(lan6.router)));
    await throttle(lan6.router);
    const shown = ask(browser(server.v6));
    expect(shown).toMatch(/^503 /);
    expect(shown).toContain("Slow until topped up");
    expect(ask(secretly(server.v6))).toBe("the real secret");
    expect(router.tool("nft", "list", "ruleset")).toContain(`dnat ip6 to [${lan6.router}]:8480`);
    // The router itself is asked for by nobody else's name, and the other kind of address is let through.
    expect(ask(browser(lan6.router))).toBe("nobody");
    expect(ask(browser(server.v4))).toBe("200 the real page");
  });

  test("by IPv4 as well, with a notice there, and HTTPS is left alone", async () => {
    ends.push(await running(router.name, "--input-type=module", "-e", noticeProgram(lan4.router)));
    await throttle(lan4.router);
    expect(ask(browser(server.v4))).toContain("Slow until topped up");
    expect(ask(secretly(server.v4))).toBe("the real secret");
    expect(ask(browser(server.v6))).toBe("200 the real page");
  });

  test("with a notice of each kind both are answered there", async () => {
    await throttle(lan4.router, lan6.router);
    expect(ask(browser(server.v4))).toContain("Slow until topped up");
    expect(ask(browser(server.v6))).toContain("Slow until topped up");
    expect(ask(secretly(server.v6))).toBe("the real secret");
  });

  test("two of one kind are refused, and nothing changes", async () => {
    await expect(throttle(lan4.router, "10.97.1.9")).rejects.toThrow("each kind of address");
    expect(ask(browser(server.v4))).toContain("Slow until topped up");
  });

  test("once users are open again, everybody is let through", async () => {
    await router.ask("setOwn", null);
    expect(ask(browser(server.v6))).toBe("200 the real page");
    expect(ask(browser(server.v4))).toBe("200 the real page");
  });
});

/** A cable between two places, both ends up. */
function cable(
  [near, at]: readonly [string, LabNamespace],
  [there, to]: readonly [string, LabNamespace],
): void {
  const ip = (...args: readonly string[]) => execFileSync("ip", args, { stdio: "pipe" });
  ip(
    ...["link", "add", near, "netns", at.name, "type", "veth"],
    ...["peer", "name", there, "netns", to.name],
  );
  at.tool("ip", "link", "set", near, "up");
  to.tool("ip", "link", "set", there, "up");
}
