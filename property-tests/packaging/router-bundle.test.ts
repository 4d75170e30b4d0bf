import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { daemonWords, routerEnvironment } from "#agent/packaging/launch.ts";
import { bundleRouter, routerFiles, sizesIn } from "#agent/packaging/router-bundle.ts";

/** Three bundles, on a busy machine, in milliseconds. */
const bundleTime = 120_000;

/** Outside of the repository: whatever the bundle asks for beside Node is not there. */
let home = "";
let bundle = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-bundle-"));
  bundle = join(home, "bundle");
  await bundleRouter(bundle);
}, bundleTime);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The agent as a router starts it, on a configuration of its own. */
function started(name: string, settings: object, directory: string, node = process.execPath) {
  const config = join(home, `${name}.json`);
  const journal = join(home, name, "journal");
  const text = { journal, keys: join(home, name, "keys"), history: "off", ...settings };
  writeFileSync(config, JSON.stringify(text));
  const { PATH = "" } = process.env;
  const child = spawn(node, daemonWords(config, directory), {
    cwd: home,
    env: { PATH, ...routerEnvironment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, journal, said: saidBy(child) };
}

interface Said {
  readonly code: number | null;
  readonly text: string;
}

function saidBy(child: ChildProcess): Promise<Said> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (part: Buffer) => {
      text += part.toString("utf8");
    });
  }
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, text })));
}

async function answer({ child, journal }: ReturnType<typeof started>): Promise<unknown> {
  while (!existsSync(controlPath(journal))) {
    if (child.exitCode !== null) throw new Error("the agent ended before it listened");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Effect.runPromise(askAgent(controlPath(journal), ["status"]));
}

/** A copy of the bundle without one of its files. */
function without(file: string): string {
  const copy = mkdtempSync(join(home, "cut-"));
  cpSync(bundle, copy, { recursive: true });
  rmSync(join(copy, file));
  return copy;
}

/** Every Node that is installed: routers have older ones than this project is made with. */
function nodesHere(): readonly string[] {
  const { PATH = "" } = process.env;
  const found = PATH.split(":").map((one) => join(one, "node"));
  return [...new Set(found.filter((one) => existsSync(one)).map((one) => realpathSync(one)))];
}

/** The oldest that the packages ask for. */
const oldest = 20;

const onChain = {
  chain_id: "1",
  rpc: ["http://127.0.0.1:9"],
  contract: "11".repeat(20),
};

describe("the bundle of a router", () => {
  test("has these files, and what is always loaded in letters of one byte: V8 would keep two for each of all others", () => {
    const files = readdirSync(bundle);
    expect(files).toEqual(expect.arrayContaining(Object.values(routerFiles)));
    for (const name of [routerFiles.agent, routerFiles.second, routerFiles.settlement]) {
      const wide = readFileSync(join(bundle, name)).filter((byte) => byte > 0x7f);
      expect(wide, name).toHaveLength(0);
    }
  });

  test("asks for nothing but Node's own modules and its own files", () => {
    const known = new Set(builtinModules.flatMap((one) => [one, `node:${one}`]));
    const own = readdirSync(bundle).map((one) => `./${one}`);
    for (const name of readdirSync(bundle)) {
      const text = readFileSync(join(bundle, name), "utf8");
      const asked = Array.from(text.matchAll(/\brequire\(["'`]([^"'`]+)["'`]\)/g), ([, it]) => it);
      const strange = asked.filter((one = "") => !known.has(one));
      expect(strange.filter((one = "") => !own.includes(one))).toEqual([]);
    }
  });

  test("keeps out of its first file what speaks to a chain, HTTP included", () => {
    const text = readFileSync(join(bundle, routerFiles.agent), "utf8");
    expect(text).not.toMatch(/node:https?\b/);
    expect(text).not.toContain("eth_");
    expect(readFileSync(join(bundle, routerFiles.settlement), "utf8")).toContain("eth_");
    expect(sizesIn(bundle)[routerFiles.agent]?.bytes).toBeGreaterThan(10_000);
  });

  test("runs an agent of two programs with a router's flags, answers, and ends on a signal", async () => {
    const agent = started("alone", { status_listen: "off" }, bundle);
    expect(await answer(agent)).toMatchObject({ run: "1", programs: 2, neighbours: [] });
    agent.child.kill("SIGTERM");
    expect(await agent.said).toEqual({ code: 0, text: "" });
  });

  test.each(nodesHere())("runs on %s, if that is not too old", async (node) => {
    const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
    const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
    if (major < oldest) return expect(major).toBeGreaterThan(0);
    const agent = started(`node-${major}`, {}, bundle, node);
    expect(await answer(agent)).toMatchObject({ run: "1", programs: 2 });
    agent.child.kill("SIGTERM");
    expect(await agent.said).toMatchObject({ code: 0 });
  });

  test("runs without the files of settlement and history where the configuration wants neither", async () => {
    const copy = without(routerFiles.settlement);
    rmSync(join(copy, routerFiles.history));
    const agent = started("small", { status_listen: "off" }, copy);
    expect(await answer(agent)).toMatchObject({ run: "1" });
    agent.child.kill("SIGTERM");
    expect(await agent.said).toEqual({ code: 0, text: "" });
  });

  test("looks at a chain that a configuration names, and goes on while nobody answers there", async () => {
    const agent = started("chain", onChain, bundle);
    expect(await answer(agent)).toMatchObject({ run: "1" });
    agent.child.kill("SIGTERM");
    expect((await agent.said).code).toBe(0);
  });

  test.each([
    [routerFiles.second, {}],
    [routerFiles.settlement, onChain],
  ])("without %s, where it is needed, it does not start, and names it", async (file, settings) => {
    const { said } = started(`cut-${file}`, settings, without(file));
    const { code, text } = await said;
    expect(code).toBe(3);
    expect(text).toContain(file);
  });
});
