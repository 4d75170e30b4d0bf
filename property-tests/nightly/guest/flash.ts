import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Where a file system on flash is mounted. */
export const mountPoint = "/flash";

/** One line to the host. */
export function report(value: object): void {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

/** @throws Error with the tool's words. */
export function run(tool: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(tool, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")}: ${error?.message ?? stderr}`);
}

/** Of the flash whose power fails: `failing-flash.c` stands before the simulated chip. */
const nand = "1";

/**
 * NAND of 16 MiB: 2 KiB pages, blocks of 128 KiB, as in many routers, with an empty UBI volume.
 * Its content is in this machine's memory, below a driver that can let the power fail.
 */
export function makeNand(): void {
  const chip = "id_bytes=0xec,0xa1,0x00,0x15";
  run("insmod", "/modules/nandsim.ko", chip, "overridesize=7");
  run("insmod", "/modules/failing-flash.ko");
  attachNand();
  run("ubimkvol", "/dev/ubi0", "-N", "journal", "-m");
}

/** Lets UBI look at the flash, as after a start. */
export function attachNand(): void {
  run("ubiattach", "-m", nand);
}

export function detachNand(): void {
  run("ubidetach", "-m", nand);
}

/** The file of one of the parameters that `failing-flash.c` names. */
export function failingFlash(parameter: "left" | "off" | "seed" | "programmed"): string {
  return join("/sys/module/failing_flash/parameters", parameter);
}

/** The power fails after so many programs and erases; the next one is torn, as `seed` has it. */
export function failAfter(operations: number, seed: number): void {
  writeFileSync(failingFlash("seed"), String(seed));
  writeFileSync(failingFlash("left"), String(operations));
}

/** Whether the power has failed. */
export function isOff(): boolean {
  return readFileSync(failingFlash("off"), "latin1").trim() === "Y";
}

/** Gives it back, for good. */
export function powerOn(): void {
  writeFileSync(failingFlash("left"), "-1");
  writeFileSync(failingFlash("off"), "0");
}

export function mountUbifs(): void {
  run("mount", "-t", "ubifs", "ubi0:journal", mountPoint);
}

export function mountJffs2(device: number): void {
  run("mount", "-t", "jffs2", `mtd${device}`, mountPoint);
}

export function unmount(): void {
  run("umount", mountPoint);
}

/** Blocks of NOR flash that JFFS2 erases at once. */
const norBlock = 64 * 1024;

/** NOR flashes of `size` bytes each, one after the other in memory that the host keeps. */
export function makeNor(size: number, count: number): void {
  run("insmod", "/modules/phram.ko");
  const from = sharedMemory();
  for (let i = 0; i < count; i++) {
    const place = `nor${i},${from + i * size},${size},${norBlock}`;
    writeFileSync("/sys/module/phram/parameters/phram", place);
  }
}

/** The address of the device that shows the host's file (Inter-VM shared memory, QEMU). */
function sharedMemory(): number {
  const devices = "/sys/bus/pci/devices";
  for (const name of readdirSync(devices)) {
    const read = (file: string) => readFileSync(join(devices, name, file), "latin1");
    if (read("vendor").trim() !== "0x1af4" || read("device").trim() !== "0x1110") continue;
    writeFileSync(join(devices, name, "enable"), "1");
    return Number(read("resource").split("\n")[2]?.split(" ")[0]);
  }
  throw new Error("the machine has no shared memory");
}
