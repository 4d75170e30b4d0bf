import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { Lacking } from "./lacking.ts";
import { failingFlash, machineKernel, moduleFiles } from "./machine-kernel.ts";
import { toolOutput } from "./tool-output.ts";

/** Everything that a machine boots from. */
export interface MachineImage {
  readonly kernel: string;
  readonly initrd: string;
  /** A directory that the machine may mount, read-only, by the name "stage" (9p). */
  readonly stage: string;
}

/** Debian packages that every emulated machine needs. */
const emulatorPackages = ["qemu-system-x86", "busybox-static", "xz-utils", "kmod"];

/** What the machine needs besides what Debian builds into its kernel, in the order of loading. */
const flashModules = [
  ...["virtio_pci", "9pnet_virtio", "9p"],
  ...["zstd", "nandsim", "ubi", "ubifs", "jffs2", "phram"],
];

/** The machine's first process: loads modules, mounts the stage, runs the guest, and is off. */
const firstProcess = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/stage/bin LD_LIBRARY_PATH=/stage/lib
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
dmesg -n 1
for one in $(cat /modules/first); do insmod /modules/$one; done
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose stage /stage
stty -F /dev/ttyS1 raw -echo
for one in $(cat /proc/cmdline); do case $one in guest=*) guest=\${one#guest=};; esac; done
node /stage/guest.mjs $(echo $guest | tr , ' ') > /dev/ttyS1 2>&1 < /dev/null
echo "ended $?" > /dev/ttyS1
poweroff -f
`;

/** Simulated flash is loaded by the guest, which knows how large it is to be. */
const loadedByGuest = ["nandsim.ko", "phram.ko", "failing-flash.ko"];

/** Refuses to go on without what emulation needs. @throws Lacking with what to install. */
export function requireEmulator(others: readonly string[] = []): void {
  const missing = [...emulatorPackages, ...others].filter((name) => !isInstalled(name));
  if (missing.length > 0) throw new Lacking(`run: apt-get install ${missing.join(" ")}`);
}

/** Builds an image in a directory. @throws Lacking with what to install. */
export async function machineImage(home: string): Promise<MachineImage> {
  requireEmulator(["mtd-utils", "make", "gcc"]);
  const kernel = machineKernel();
  const initrd = join(home, "initrd");
  const failing = failingFlash(kernel, join(home, "module"));
  const modules = [...moduleFiles(kernel, flashModules), failing];
  const directories = "stage flash tmp".split(" ");
  const root = { init: firstProcess, directories, modules, loadedLater: loadedByGuest };
  const links = { "lib64/ld-linux-x86-64.so.2": "/stage/lib/ld-linux-x86-64.so.2" };
  writeFileSync(initrd, machineRoot(join(home, "root"), { ...root, links }));
  const stage = join(home, "stage");
  await fillStage(stage);
  return { kernel: kernel.image, initrd, stage };
}

function isInstalled(name: string): boolean {
  try {
    return toolOutput("dpkg", ["-s", name]).includes("\nStatus: install ok installed\n");
  } catch {
    return false;
  }
}

/** What the first file system of a machine holds besides busybox. */
export interface MachineRoot {
  /** The script that is process 1. */
  readonly init: string;
  readonly directories: readonly string[];
  /** Files of modules, in the order of loading; /modules/first lists those that init loads. */
  readonly modules: readonly string[];
  readonly loadedLater?: readonly string[];
  /** Symbolic links: where, and to what. */
  readonly links?: Readonly<Record<string, string>>;
}

/** A small root of busybox and modules, packed as the kernel wants it. */
export function machineRoot(home: string, root: MachineRoot): Buffer {
  const { init, directories, modules, loadedLater = [], links = {} } = root;
  for (const name of ["bin", "modules", "proc", "sys", "dev", ...directories]) {
    mkdirSync(join(home, name), { recursive: true });
  }
  copyFileSync("/bin/busybox", join(home, "bin/busybox"));
  for (const [from, to] of Object.entries(links)) {
    mkdirSync(dirname(join(home, from)), { recursive: true });
    symlinkSync(to, join(home, from));
  }
  for (const path of modules) copyFileSync(path, join(home, "modules", basename(path)));
  const first = modules.map((path) => basename(path)).filter((one) => !loadedLater.includes(one));
  writeFileSync(join(home, "modules/first"), first.join("\n"));
  writeFileSync(join(home, "init"), init);
  chmodSync(join(home, "init"), 0o755);
  toolOutput("busybox", ["sh", "-c", "find . | busybox cpio -o -H newc > ../archive"], home);
  return gzipSync(readFileSync(join(home, "../archive")), { level: 1 });
}

/** Node, the tools for flash, their libraries, and the guest's program in one file. */
async function fillStage(stage: string): Promise<void> {
  for (const name of ["bin", "lib"]) mkdirSync(join(stage, name), { recursive: true });
  const programs = [
    process.execPath,
    "/usr/sbin/ubiattach",
    "/usr/sbin/ubidetach",
    "/usr/sbin/ubimkvol",
  ];
  for (const path of programs) {
    copyFileSync(path, join(stage, "bin", basename(path)));
    for (const [library] of toolOutput("ldd", [path]).matchAll(/\/\S+\.so\S*/g)) {
      copyFileSync(library, join(stage, "lib", basename(library)));
    }
  }
  const build = await rolldown({
    input: fileURLToPath(new URL("guest/flash-guest.ts", import.meta.url)),
    platform: "node",
    onLog(level, log) {
      if (level === "warn") throw new Error(`the guest is not whole: ${log.message}`);
    },
  });
  try {
    await build.write({ format: "esm", file: join(stage, "guest.mjs"), codeSplitting: false });
  } finally {
    await build.close();
  }
}
