import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dependenciesOf, keptOfPackages } from "./debian-package.ts";
import { Lacking } from "./lacking.ts";
import { toolOutput } from "./tool-output.ts";

/** Debian's kernel, unpacked for the emulator: not installed, and not this machine's own. */
export interface MachineKernel {
  readonly version: string;
  /** An ELF image: to decompress it anew at each boot takes seconds under emulation. */
  readonly image: string;
  /** A directory with all modules of this kernel in lib/modules, as modprobe wants them. */
  readonly tree: string;
}

/** The begin of what is packed with xz in a compressed kernel. */
const xzMagic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);

/**
 * The kernel that the package lists name now, from the cache or from Debian's servers.
 * @throws Lacking where there is neither.
 */
export function machineKernel(): MachineKernel {
  const name = dependenciesOf("linux-image-amd64").find((one) => /^linux-image-\d/.test(one));
  if (name === undefined) throw new Lacking("apt's linux-image-amd64 names no kernel");
  const version = name.slice("linux-image-".length);
  const home = keptOfPackages([name], `kernel-${version}`, (tree, kept) => {
    writeFileSync(join(kept, "vmlinux"), elfOf(join(tree, "boot", `vmlinuz-${version}`)));
    mkdirSync(join(kept, "lib/modules"), { recursive: true });
    renameSync(join(tree, "lib/modules", version), join(kept, "lib/modules", version));
    toolOutput("depmod", ["-b", kept, version]);
  });
  return { version, image: join(home, "vmlinux"), tree: home };
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

/** Files of modules, with what they need before them, in the order of loading. */
export function moduleFiles(
  { tree, version }: MachineKernel,
  names: readonly string[],
): readonly string[] {
  const shown = names.flatMap((name) =>
    toolOutput("modprobe", ["-d", tree, "-S", version, "--show-depends", name]).split("\n"),
  );
  const paths = shown.flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []);
  return [...new Set(paths)];
}

/** The module that lets the power of flash fail, built in a directory. @throws Lacking */
export function failingFlash({ version }: MachineKernel, directory: string): string {
  const headers = kernelHeaders(version);
  mkdirSync(directory);
  const source = fileURLToPath(new URL("failing-flash.c", import.meta.url));
  copyFileSync(source, join(directory, basename(source)));
  writeFileSync(join(directory, "Kbuild"), "obj-m := failing-flash.o\n");
  toolOutput("make", ["-C", headers, `M=${directory}`, "modules"]);
  return join(directory, "failing-flash.ko");
}

/** What a module is built with, for this kernel. */
function kernelHeaders(version: string): string {
  const name = `linux-headers-${version}`;
  const wanted = /^linux-(?:headers|kbuild)-/;
  const packages = [name, ...dependenciesOf(name).filter((one) => wanted.test(one))];
  const home = keptOfPackages(packages, name, (tree, kept) => {
    renameSync(join(tree, "usr"), join(kept, "usr"));
  });
  const sources = join(home, "usr/src");
  const common = packages.find((one) => one.endsWith("-common"));
  if (common === undefined) throw new Lacking(`${name} names no common headers`);
  // As it comes, it names the place where the package would have been installed.
  writeFileSync(join(sources, name, "Makefile"), `include ${join(sources, common)}/Makefile\n`);
  return join(sources, name);
}
