import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { Lacking } from "./lacking.ts";
import { failingFlash, machineKernel } from "./machine-kernel.ts";
import { toolOutput } from "./tool-output.ts";

/** Everything that a machine boots from. */
export interface MachineImage {
  readonly kernel: string;
  readonly initrd: string;
  /** A directory that the machine sees, read-only, as /stage. */
  readonly stage: string;
}

/** Debian packages that must be there. */
const packages = [
  "qemu-system-x86",
  "busybox-static",
  "mtd-utils",
  "xz-utils",
  "kmod",
  "make",
  "gcc",
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

/** Builds an image in a directory. @throws Lacking with what to install. */
export async function machineImage(home: string): Promise<MachineImage> {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length > 0) throw new Lacking(`run: apt-get install ${missing.join(" ")}`);
  const kernel = machineKernel();
  const initrd = join(home, "initrd");
  const failing = failingFlash(kernel, join(home, "module"));
  const modules = [...kernel.modules, failing];
  writeFileSync(initrd, gzipSync(archive(join(home, "root"), modules), { level: 1 }));
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

/** A small root of busybox and modules, as the kernel wants it. */
function archive(root: string, modules: readonly string[]): Buffer {
  const directories = "bin modules proc sys dev stage flash tmp lib64".split(" ");
  for (const name of directories) mkdirSync(join(root, name), { recursive: true });
  copyFileSync("/bin/busybox", join(root, "bin/busybox"));
  symlinkSync("/stage/lib/ld-linux-x86-64.so.2", join(root, "lib64/ld-linux-x86-64.so.2"));
  for (const path of modules) copyFileSync(path, join(root, "modules", basename(path)));
  const first = modules.map((path) => basename(path)).filter((one) => !loadedByGuest.includes(one));
  writeFileSync(join(root, "modules/first"), first.join("\n"));
  writeFileSync(join(root, "init"), firstProcess);
  chmodSync(join(root, "init"), 0o755);
  toolOutput("busybox", ["sh", "-c", "find . | busybox cpio -o -H newc > ../archive"], root);
  return readFileSync(join(root, "../archive"));
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
