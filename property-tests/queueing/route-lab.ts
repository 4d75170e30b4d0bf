import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RouteChange, TableRoute } from "#adapters/queueing/route-tables.ts";
import type { RouteTablesBench } from "../contracts/route-tables-contract.ts";

const driver = fileURLToPath(new URL("route-driver.ts", import.meta.url));

let benches = 0;

/** A bench of the kernel's routing tables, in a namespace of its own. */
export interface RouteLab extends RouteTablesBench {
  readonly namespace: string;
  /** CPU of the process that read or wrote, in microseconds, since the last call. */
  readonly cost: () => number;
}

/** Makes the namespace, two interfaces in it, and a process that drives its tables. */
export async function routeLab(how: "netlink" | "spawned"): Promise<RouteLab> {
  benches += 1;
  const namespace = `rt-${process.pid.toString(36)}-${benches}`;
  const ip = (...words: readonly string[]) => execFileSync("ip", words, { stdio: "pipe" });
  ip("netns", "add", namespace);
  for (const device of ["one", "two"]) {
    ip("-n", namespace, "tuntap", "add", "mode", "tun", "dev", device);
    ip("-n", namespace, "link", "set", device, "up");
  }
  const words = ["netns", "exec", namespace, process.execPath, driver, how];
  const child: ChildProcess = spawn("ip", words, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: ((line: string) => void)[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  }
  let cost = 0;
  const ask = async (what: object): Promise<unknown> => {
    const line = await new Promise<string>((resolve) => {
      waiting.push(resolve);
      child.stdin?.write(`${JSON.stringify(what)}\n`);
    });
    const answer = JSON.parse(line) as {
      readonly ok?: unknown;
      readonly error?: string;
      readonly cpuMicroseconds: number;
    };
    cost = answer.cpuMicroseconds;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.ok;
  };
  return {
    namespace,
    cost: () => cost,
    read: async (tables) => {
      const found = (await ask({ read: tables })) as readonly TableRoute[];
      // JSON has no undefined: a throw route comes without a device.
      return found.map(({ table, prefix, device }) => ({ table, prefix, device }));
    },
    write: async (change: RouteChange) => {
      await ask({ write: change });
    },
    unplug: async (device) => {
      ip("-n", namespace, "link", "delete", device);
    },
    close: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.stdin?.end();
      await gone;
      ip("netns", "delete", namespace);
    },
  };
}
