import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { daemonWords } from "#agent/packaging/launch.ts";
import { removal } from "../removal.ts";
import { agentNode, measuredAgent } from "./measured-agent.ts";
import { memoryCgroup } from "./memory-cgroup.ts";
import type { RouterStage } from "./router-stage.ts";

/** The smallest control group in which an agent started, traded and was not killed. */
export interface LeastMemory {
  /** Megabytes (2^20), of those that were tried; nothing where none was enough. */
  readonly megabytes: number | undefined;
  readonly goal: number;
  readonly tried: Readonly<Record<string, "runs" | "ends">>;
}

const goal = 40;

/** From large to small, in megabytes. */
const sizes = [64, 56, 48, 44, 40, 36, 32] as const;

/** Ticks of load that must be survived. */
const loadTicks = 30;

const joiner = fileURLToPath(new URL("join-cgroup.ts", import.meta.url));

/**
 * Tries smaller and smaller groups, each with a Node in a squashfs of its own that nobody has in memory
 * yet, as on a router: pages of files count for whoever reads them first, are dropped when there
 * is no room, and read again. Tools that the agent runs count too.
 */
export async function leastMemory(
  stage: RouterStage,
  bundle: string,
): Promise<LeastMemory | string> {
  const tried: Record<string, "runs" | "ends"> = {};
  // Tunnels in user space are processes too: they are made by an agent outside of all groups.
  const { namespace, control } = stage;
  const words = daemonWords(stage.config, bundle);
  await (await measuredAgent(words, control, { namespace })).kill();
  for (const megabytes of sizes) {
    const cgroup = memoryCgroup(`meshtoll-bench-${process.pid}-${megabytes}`, megabytes << 20);
    if (cgroup === undefined) return "SKIPPED: this machine lets us make no memory control group";
    const dissolved = removal(() => insisted(cgroup.remove));
    const image = mountedNode(join(stage.home, `node-${megabytes}`));
    if (image === undefined) {
      await dissolved();
      return "SKIPPED: needs mksquashfs (Debian: squashfs-tools) and mount";
    }
    const unmounted = removal(() => insisted(image.remove));
    try {
      const agent = await measuredAgent(words, control, {
        namespace,
        before: [process.execPath, joiner, cgroup.members],
        program: image.node,
      });
      await stage.load(loadTicks);
      tried[megabytes] = agent.ended() ? "ends" : "runs";
      await agent.kill();
    } catch (error) {
      console.error(`  in ${megabytes} MB: ${String(error)}`);
      tried[megabytes] = "ends";
    }
    await unmounted();
    await dissolved();
    if (tried[megabytes] === "ends") break;
  }
  const enough = sizes.filter((one) => tried[one] === "runs");
  return { megabytes: enough.at(-1), goal, tried };
}

/** Node in a file system of its own, packed but not pressed; nothing where that cannot be mounted. */
function mountedNode(
  home: string,
): { readonly node: string; readonly remove: () => void } | undefined {
  const [source, image, place] = ["source", "image", "place"].map((one) => join(home, one)) as [
    string,
    string,
    string,
  ];
  for (const one of [source, place]) mkdirSync(one, { recursive: true });
  copyFileSync(agentNode, join(source, "node"));
  const plain = ["-noI", "-noD", "-noF", "-quiet", "-no-progress"];
  const packed = spawnSync("mksquashfs", [source, image, ...plain], { stdio: "ignore" });
  const words = ["-t", "squashfs", "-o", "loop,ro", image, place];
  if (packed.status !== 0 || spawnSync("mount", words).status !== 0) return undefined;
  rmSync(source, { recursive: true });
  const remove = (): void => {
    if (spawnSync("umount", [place]).status !== 0) throw new Error("somebody is still there");
    rmSync(home, { recursive: true, force: true });
  };
  return { node: join(place, "node"), remove };
}

/** A tool that was running when its agent was killed leaves a moment later. */
async function insisted(remove: () => void): Promise<void> {
  for (let look = 0; look < 100; look++) {
    try {
      return remove();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
