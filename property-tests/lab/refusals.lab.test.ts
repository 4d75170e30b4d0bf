import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { exitCodes } from "#agent/cli/exit-code.ts";
import { sweepLabSockets } from "../tunnel/lab-sockets.ts";
import { kernelState } from "./agent-pair.ts";
import { skipsLab } from "./lab.ts";
import { type WrappedTools, wrappedTools } from "./wrapped-tools.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));
const tag = process.pid.toString(36).slice(-4);
const namespace = `krf-${tag}`;
const { PATH: path = "" } = process.env;

/** How an agent is started, beside its configuration. */
interface Start {
  /** Words before it, such as those of setpriv(1). */
  readonly before?: readonly string[];
  /** Where it finds its tools. */
  readonly path?: string;
}

let home: string;

describe.skipIf(skipsLab())(
  "an agent that cannot run says why, leaves with 3, and changes nothing",
  () => {
    let configs: Readonly<Record<"one" | "same" | "other", string>>;
    let state: string;
    const wrapped: WrappedTools[] = [];
    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), "meshtoll-refusals-"));
      execFileSync("ip", ["netns", "add", namespace]);
      execFileSync("ip", ["-n", namespace, "link", "set", "lo", "up"]);
      const neighbour = await keysOf(join(home, "neighbour"));
      configs = {
        one: configOf("one", "one", `x${tag}`, neighbour),
        // Another prefix, key and port: all they share is the directory.
        same: configOf("same", "one", `y${tag}`, neighbour),
        other: configOf("other", "other", `z${tag}`, neighbour),
      };
      state = shown();
    });
    afterAll(async () => {
      for (const one of wrapped) one.remove();
      execFileSync("ip", ["netns", "delete", namespace]);
      await sweepLabSockets(`x${tag}`, `y${tag}`, `z${tag}`);
      rmSync(home, { recursive: true, force: true });
    });

    const refused = (config: string, start: Start = {}) => {
      const [program = "", ...args] = command(config, start);
      const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
      expect(status).toBe(exitCodes.refused);
      expect(stderr).not.toMatch(/^ {4}at /m); // words, and no stack of calls
      return stderr;
    };
    const lacking = (tool: string, where: string, words: string) => {
      const tools = wrappedTools({ tool, where, refuses: words });
      wrapped.push(tools);
      return { path: `${tools.directory}:${path}` };
    };

    test("without CAP_NET_ADMIN it names the right that it lacks", () => {
      const before = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];
      expect(refused(configs.one, { before })).toContain("CAP_NET_ADMIN");
      expect(shown()).toBe(state);
    });

    test("on a kernel without WireGuard, and without wireguard-go, it names the package", () => {
      const tools = join(home, "few-tools");
      mkdirSync(tools);
      for (const one of ["ip", "tc", "nft", "wg"]) symlinkSync(whereIs(one), join(tools, one));
      // A kernel that has WireGuard is made to say what one without it says.
      const start = lacking("ip", "*type?wireguard*", "Error: Unknown device type.");
      const words = refused(configs.one, { path: start.path.replace(path, tools) });
      expect(words).toContain("this kernel has no WireGuard (OpenWrt: kmod-wireguard)");
      expect(words).toContain("wireguard-go is not installed");
      expect(shown()).toBe(state);
    });

    test("on a kernel without HTB it names the module and the package", () => {
      const start = lacking("tc", "*htb*", "Error: Specified qdisc kind is unknown.");
      const words = refused(configs.one, start);
      expect(words).toContain("no HTB (module sch_htb; OpenWrt: kmod-sched-core)");
      expect(shown()).toBe(state);
    });

    test("on a kernel without nft's quotas it names the module and the package", () => {
      const start = lacking("nft", "*add?quota*", "Error: Could not process rule: Not supported");
      const words = refused(configs.one, start);
      expect(words).toContain("module nft_quota; OpenWrt: kmod-nft-core");
      expect(shown()).toBe(state);
    });

    test("where nft is not installed it names what to install", () => {
      const tools = join(home, "no-nft");
      mkdirSync(tools);
      for (const one of ["ip", "tc", "wg", "wireguard-go"]) {
        symlinkSync(whereIs(one), join(tools, one));
      }
      const words = refused(configs.one, { path: tools });
      expect(words).toContain("nft is not installed (Debian package nftables)");
      expect(shown()).toBe(state);
    });

    test("beside another agent it gives way: on its state, and in its network namespace", async () => {
      const [program = "", ...args] = command(configs.one, {});
      const first = spawn(program, args, { stdio: "ignore" });
      try {
        await answers("one", first);
        const running = shown();
        expect(running).not.toBe(state);
        expect(refused(configs.same)).toMatch(/in use by process \d+; stop that agent first/);
        expect(refused(configs.other)).toMatch(
          /^another agent uses the .* in this network namespace/,
        );
        expect(shown()).toBe(running);
        expect(first.exitCode).toBeNull();
        await answers("one", first);
      } finally {
        const gone = new Promise((resolve) => first.once("exit", resolve));
        if (first.exitCode === null && first.kill("SIGTERM")) await gone;
      }
      expect(first.exitCode).toBe(exitCodes.done);
      expect(shown()).toBe(state);
    });
  },
);

function command(config: string, { before = [], path: found = path }: Start): readonly string[] {
  // The namespace is entered with all rights: what comes before the agent takes them away.
  const agent = [process.execPath, main, "run", "--config", config];
  const tools = ["env", `PATH=${found}`];
  return ["ip", "netns", "exec", namespace, ...before, ...tools, ...agent];
}

/** What the kernel has, without what it counts of packets that come and go. */
function shown(): string {
  return kernelState(namespace)
    .replaceAll(/ used \d+ bytes/g, "")
    .replaceAll(/packets \d+ bytes \d+/g, "");
}

function whereIs(tool: string): string {
  return execFileSync("sh", ["-c", 'command -v "$0"', tool], { encoding: "utf8" }).trim();
}

function configOf(
  name: string,
  directory: string,
  prefix: string,
  neighbour: Pick<Keys["Service"], "nodeId" | "tunnelPublicKey">,
): string {
  const file = join(home, `${name}.json`);
  const neighbours = [
    {
      name: "b",
      id: neighbour.nodeId,
      tunnel_key: neighbour.tunnelPublicKey,
      listen_port: "51870",
      price: "0.05/GB",
    },
  ];
  const own = { journal: join(home, directory, "journal"), keys: join(home, directory, "keys") };
  const text = JSON.stringify({ ...own, interface_prefix: prefix, neighbours });
  mkdirSync(join(home, directory), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function answers(directory: string, child: ChildProcess): Promise<void> {
  const socket = controlPath(join(home, directory, "journal"));
  for (;;) {
    const told = await Effect.runPromise(askAgent(socket, ["peers"])).then(Boolean, () => false);
    if (told) return;
    if (child.exitCode !== null) throw new Error(`the first agent ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const keysOf = (file: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      return yield* Keys;
    }).pipe(Effect.provide(fileKeys(file)), Effect.scoped),
  );
