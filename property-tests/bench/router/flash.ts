import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  bundleCommand,
  type FileSize,
  routerFiles,
  sizeGoals,
  sizesIn,
} from "#agent/packaging/router-bundle.ts";

/** Bytes on flash. */
export interface Flash {
  readonly files: Readonly<Record<string, FileSize>>;
  /** The file that every agent reads, and with what settles on a chain; as minified text. */
  readonly agent: { readonly bytes: number; readonly goal: number };
  readonly withSettlement: { readonly bytes: number; readonly goal: number };
  /** All files of the agent, in a squashfs with xz, as OpenWrt has it; nothing without mksquashfs. */
  readonly squashed: number | undefined;
  /** The command for people, as text and squashed: it lies on flash and is seldom in memory. */
  readonly command: { readonly bytes: number; readonly squashed: number | undefined };
}

/** Measures a bundle, and the command beside it. */
export async function flashOf(bundle: string, scratch: string): Promise<Flash> {
  const files = sizesIn(bundle);
  const bytes = (name: string) => files[name]?.bytes ?? 0;
  const command = join(scratch, "command");
  await bundleCommand(command);
  const commandBytes = Object.values(sizesIn(command)).reduce((all, one) => all + one.bytes, 0);
  return {
    files,
    agent: { bytes: bytes(routerFiles.agent), goal: sizeGoals.agent },
    withSettlement: {
      bytes: bytes(routerFiles.agent) + bytes(routerFiles.settlement),
      goal: sizeGoals.withSettlement,
    },
    squashed: squashed(bundle, scratch),
    command: { bytes: commandBytes, squashed: squashed(command, scratch) },
  };
}

function squashed(directory: string, scratch: string): number | undefined {
  const image = join(scratch, "image.squashfs");
  const copy = join(scratch, "to-squash");
  rmSync(image, { force: true });
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  cpSync(directory, copy, { recursive: true });
  const words = [copy, image, "-comp", "xz", "-b", "256K", "-no-progress", "-quiet", "-all-root"];
  const { status } = spawnSync("mksquashfs", words, { stdio: "ignore" });
  return status === 0 ? statSync(image).size : undefined;
}
