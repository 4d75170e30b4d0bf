import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { type MachineImage, machineRoot, requireEmulator } from "../../nightly/machine-image.ts";
import { machineKernel, moduleFiles } from "../../nightly/machine-kernel.ts";

/** What the machine needs to see this file system; all other modules it loads from there itself. */
const firstModules = ["virtio_pci", "virtio_rng", "9pnet_virtio", "9p", "overlay"];

/**
 * The machine's first process. It shows the guest this machine's own file system, read-only, under
 * one in memory: node, ip, tc, nft and wg are the same in there, and what is written vanishes. A guest
 * whose name ends with ".sh" is a script of its own, where Node's memory would be in the way.
 */
const firstProcess = (modules: string, node: string, program: string) => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
dmesg -n 1
for one in $(cat /modules/first); do insmod /modules/$one; done
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose stage /below
mount -t tmpfs -o size=40% above /above
mkdir /above/changed /above/work
mount -t overlay -o lowerdir=/below,upperdir=/above/changed,workdir=/above/work overlay /whole
mkdir -p /lib /whole/lib/modules
ln -s /below${modules} /lib/modules
rm -rf /whole/lib/modules/$(uname -r)
ln -s ${modules}/$(uname -r) /whole/lib/modules/$(uname -r)
for one in proc sys dev; do mount --bind /$one /whole/$one; done
mkdir -p /whole/dev/pts /whole/dev/shm
mount -t devpts devpts /whole/dev/pts
mount -t tmpfs shm /whole/dev/shm
mount -t tmpfs run /whole/run
mkdir -p /whole/run/netns /whole/run/lock
modprobe tun
ip link set lo up
stty -F /dev/ttyS1 raw -echo
for one in $(cat /proc/cmdline); do case $one in guest=*) guest=\${one#guest=};; esac; done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
case $guest in
  *.sh) set -- /bin/sh $guest;;
  *) set -- ${node} ${program} $(echo $guest | /bin/busybox tr , ' ');;
esac
chroot /whole "$@" > /dev/ttyS1 2>&1 < /dev/null
echo "ended $?" > /dev/ttyS1
/bin/busybox poweroff -f
`;

/** Builds the image of the lab's machine in a directory. @throws Lacking with what to install. */
export async function labImage(home: string): Promise<MachineImage> {
  requireEmulator();
  const kernel = machineKernel();
  const stage = join(home, "stage");
  await bundleGuest(stage);
  const program = join(stage, "guest.mjs");
  const modules = moduleFiles(kernel, firstModules);
  const init = firstProcess(join(kernel.tree, "lib/modules"), process.execPath, program);
  const directories = ["below", "above", "whole", "sbin"];
  const links = { "sbin/modprobe": "/bin/busybox" };
  const initrd = join(home, "initrd");
  writeFileSync(initrd, machineRoot(join(home, "root"), { init, directories, modules, links }));
  return { kernel: kernel.image, initrd, stage: "/" };
}

/** What the guest starts as programs of their own, by the name that its tests call them by. */
const programs = {
  "port-driver": "../../tunnel/port-driver.ts",
  "counters-probe": "../counters-probe.ts",
} as const;

/**
 * A directory of a few files, because an emulated machine takes long over many. Tests find their
 * programs beside themselves, and native modules where they always are.
 */
async function bundleGuest(directory: string): Promise<void> {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const others = Object.entries(programs).map(([name, path]) => [name, here(path)]);
  const build = await rolldown({
    input: { guest: here("guest/main.ts"), ...Object.fromEntries(others) },
    platform: "node",
    resolve: { alias: { vitest: here("guest/claims.ts") } },
    onLog(level, log) {
      if (level === "warn") throw new Error(`the guest is not whole: ${log.message}`);
    },
  });
  try {
    const names = { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" };
    await build.write({ format: "esm", dir: directory, ...names });
  } finally {
    await build.close();
  }
  for (const name of Object.keys(programs)) {
    symlinkSync(`${name}.mjs`, join(directory, `${name}.ts`));
  }
  symlinkSync(here("../../../node_modules"), join(directory, "node_modules"));
}
