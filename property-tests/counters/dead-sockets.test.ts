import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import { removeDeadSockets, socketsLimit } from "#adapters/wireguard/dead-sockets.ts";
import { uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { isInterfaceName } from "#agent/config/config.ts";

const home = mkdtempSync(join(tmpdir(), "meshtoll-sockets-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let directory = "";
let count = 0;
beforeEach(() => {
  count += 1;
  directory = join(home, String(count));
  mkdirSync(directory);
});

const at = (name: string): string => uapiPath(name, directory);
const isOurs = (name: string): boolean => isInterfaceName("toll", name);
const sweep = () => removeDeadSockets(isOurs, directory);

const listening = `
  const paths = process.argv.slice(1);
  let left = paths.length;
  for (const path of paths) {
    require("node:net").createServer().listen(path, () => { if (--left === 0) console.log("up"); });
  }`;

/** Sockets as a process leaves them that is killed while it listens. */
async function abandoned(...names: readonly string[]): Promise<void> {
  const args = ["-e", listening, ...names.map(at)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
}

async function alive(name: string): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(at(name), resolve));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

test("sockets of ours that nobody listens on go, and no others", async () => {
  await abandoned("tollanna0", "tollanna1", "wg0", "tollanna8", "toll0", "tollninechars0");
  const close = await alive("tollbob0");
  writeFileSync(at("tollfile0"), "not a socket");
  symlinkSync(at("wg0"), at("tolllink0"));
  writeFileSync(join(directory, "tollanna0.conf"), "not a socket's name");
  const before = readdirSync(directory);
  expect([...(await sweep())].sort()).toEqual(["tollanna0", "tollanna1"]);
  const gone = new Set(["tollanna0.sock", "tollanna1.sock"]);
  expect(readdirSync(directory)).toEqual(before.filter((one) => !gone.has(one)));
  expect(await sweep()).toEqual([]);
  await close();
});

test("one that is made again meanwhile stays", async () => {
  await abandoned("tollanna0");
  const sweeping = sweep();
  await sleep(50);
  unlinkSync(at("tollanna0"));
  const close = await alive("tollanna0");
  expect(await sweeping).toEqual([]);
  expect(existsSync(at("tollanna0"))).toBe(true);
  await close();
});

test("where there is no directory there is nothing to do, and one that is none is an error", async () => {
  expect(await removeDeadSockets(isOurs, join(directory, "none"))).toEqual([]);
  writeFileSync(join(directory, "file"), "");
  await expect(removeDeadSockets(isOurs, join(directory, "file"))).rejects.toThrow("ENOTDIR");
});

test("beyond the limit of one go, the rest goes in the next", async () => {
  const letters = (i: number) => i.toString(36).padStart(3, "0");
  await abandoned(...Array.from({ length: socketsLimit + 3 }, (_, i) => `toll${letters(i)}0`));
  expect(await sweep()).toHaveLength(socketsLimit);
  expect(await sweep()).toHaveLength(3);
  expect(readdirSync(directory)).toEqual([]);
});
