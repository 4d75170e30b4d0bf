import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lacking } from "./lacking.ts";

/** Debian's kernel, unpacked for the emulator: not installed, and not this machine's own. */
export interface MachineKernel {
  readonly version: string;
  /** An ELF image: to decompress it anew at each boot takes seconds under emulation. */
  readonly image: string;
  /** Modules, with what they need before them. */
  readonly modules: readonly string[];
}

/** What the machine needs besides what Debian builds into its kernel, in the order of loading. */
const moduleNames = [
  ...["virtio_pci", "9pnet_virtio", "9p"],
  ...["zstd", "nandsim", "ubi", "ubifs", "jffs2", "phram"],
];

/** Outside git, where tools keep what they can make again. */
const cache = fileURLToPath(new URL("../../node_modules/.cache/nightly", import.meta.url));

/** The begin of what is packed with xz in a compressed kernel. */
const xzMagic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

/**
 * The kernel that the package lists name now, from the cache or from Debian's servers.
 * @throws Lacking where there is neither.
 */
export function machineKernel(): MachineKernel {
  const depends = output("apt-cache", ["depends", "linux-image-amd64"]);
  const version = /Depends: linux-image-(\d\S*)/.exec(depends)?.[1];
  if (version === undefined)
    throw new Lacking("apt knows no linux-image-amd64: run apt-get update");
  const home = join(cache, version);
  if (!existsSync(home)) unpack(version, home);
  const names = readFileSync(join(home, "order"), "utf8").trim().split("\n");
  return {
    version,
    image: join(home, "vmlinux"),
    modules: names.map((name) => join(home, name)),
  };
}

function unpack(version: string, home: string): void {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "unpack-"));
  try {
    download(`linux-image-${version}`, work);
    const [archive = ""] = readdirSync(work).filter((name) => name.endsWith(".deb"));
    output("dpkg-deb", ["--extract", archive, "tree"], work);
    const tree = join(work, "tree");
    const kept = join(work, "kept");
    mkdirSync(kept);
    writeFileSync(join(kept, "vmlinux"), elfOf(join(tree, "boot", `vmlinuz-${version}`)));
    const modules = inOrder(tree, version);
    for (const path of modules) copyFileSync(path, join(kept, basename(path)));
    writeFileSync(join(kept, "order"), `${modules.map((path) => basename(path)).join("\n")}\n`);
    renameSync(kept, home);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(name: string, directory: string): void {
  try {
    output("apt-get", ["download", "-q", name], directory);
  } catch (error) {
    throw new Lacking((error as Error).message);
  }
}

/** The image inside a compressed kernel. */
function elfOf(path: string): Buffer {
  const packed = readFileSync(path);
  const from = packed.indexOf(xzMagic);
  // What follows the packed part is not of it: xz says so and has written all by then.
  const { stdout } = spawnSync("xz", ["-dc"], { input: packed.subarray(from), maxBuffer: 2 ** 28 });
  if (from < 0 || stdout?.subarray(1, 4).toString("latin1") !== "ELF") {
    throw new Error(`${basename(path)} is not packed with xz, or xz is missing`);
  }
  return stdout;
}

function inOrder(tree: string, version: string): readonly string[] {
  output("depmod", ["-b", tree, version]);
  const shown = moduleNames.flatMap((name) =>
    output("modprobe", ["-d", tree, "-S", version, "--show-depends", name]).split("\n"),
  );
  const paths = shown.flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []);
  return [...new Set(paths)];
}

/** What a tool prints. @throws Error with its own words. */
export function output(tool: string, args: readonly string[], cwd?: string): string {
  const { PATH } = process.env;
  const env = { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin`, LC_ALL: "C" };
  const { status, stdout, stderr, error } = spawnSync(tool, args, { cwd, env, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${tool} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
