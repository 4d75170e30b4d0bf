import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { skipsLab } from "./lab.ts";

const stage = new URL("../bench/router/router-stage.ts", import.meta.url).href;

/** The stage of a bench with two neighbours, which is then left to itself. */
const program = `const { routerStage } = await import(${JSON.stringify(stage)});
  await routerStage(2, 200, 1000); console.log("ready"); setInterval(() => {}, 1000);`;

/** What of such stages is on this machine: namespaces, sockets of tunnels, directories. */
function belongings(): readonly string[] {
  const names = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout.split("\n");
  const sockets = existsSync("/var/run/wireguard") ? readdirSync("/var/run/wireguard") : [];
  return [
    ...names.filter((one) => /^pk[or]-/.test(one)),
    ...sockets.filter((one) => /^pk[0-9a-z]{1,3}[np]\d+\.sock$/.test(one)),
    ...readdirSync(tmpdir()).filter((one) => one.startsWith("meshtoll-router-bench")),
  ].toSorted();
}

describe.skipIf(skipsLab())("a bench that is ended before its time", () => {
  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s leaves nothing behind", async ([signal, code]) => {
    const before = belongings();
    const words = ["--input-type=module", "-e", program];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    const exit = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(belongings()).not.toEqual(before);
    child.kill(signal);
    expect(await exit).toBe(code);
    expect(belongings()).toEqual(before);
  });
});
