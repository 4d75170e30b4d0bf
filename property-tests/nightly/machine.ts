import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type MachineOrder, openControl } from "./machine-control.ts";
import type { MachineImage } from "./machine-image.ts";
import type { Workplace } from "./workplace.ts";

/** A machine that runs: emulated, one processor; with a network only where its task names one. */
export interface Machine {
  /** What the guest says, line by line, parsed; ends when the machine is off. */
  readonly lines: AsyncIterable<unknown>;
  /** Freezes it between two instructions, for as long as `look` takes. */
  readonly frozen: (look: () => void) => Promise<void>;
  /** Pulls the plug. */
  readonly kill: () => Promise<void>;
}

/** What a machine is to do. */
export interface MachineTask {
  /** The guest's mode and its arguments: no spaces, no commas. */
  readonly guest: readonly string[];
  /** A file that the machine sees as memory of a device, and writes through to; a power of two. */
  readonly memory?: { readonly path: string; readonly size: number };
  /** Its main memory; {@link memoryMegabytes} if absent. */
  readonly megabytes?: number;
  /**
   * Whether its clock counts instructions, 500 million a second, and not the host's seconds: then a
   * busy host makes nothing slower inside, it only takes longer to see.
   */
  readonly steady?: boolean;
  /** Whether the guest can pull its own plug, by writing to {@link plugPort}. */
  readonly plug?: boolean;
  /** An end of a cable: a tap interface in a network namespace, both made by somebody else. */
  readonly cable?: { readonly namespace: string; readonly tap: string };
}

/** Writing 1 there ends the emulator at once, in the middle of whatever the guest does. */
export const plugPort = 0xf4;

/** What the emulator ends with then: twice what was written, and one. */
const plugged = 3;

/** An instruction takes two to the power of this, in ns: a fast router. */
const instructionShift = 1;

/** Of the machine, for Debian's kernel, Node and 16 MiB of simulated flash. */
const memoryMegabytes = 512;

/** Boots a machine; it ends with the workplace at the latest. */
export function bootMachine(
  workplace: Workplace,
  image: MachineImage,
  { guest, memory, megabytes = memoryMegabytes, steady = false, cable, plug = false }: MachineTask,
): Machine {
  const home = workplace.directory("machine");
  const threads = steady ? "single" : "multi";
  const console = join(home, "console");
  const control = join(home, "control");
  let orders: Promise<MachineOrder> | undefined;
  const inside = cable === undefined ? [] : ["ip", "netns", "exec", cable.namespace];
  const [program = "", ...words] = [...inside, "qemu-system-x86_64"];
  const child = spawn(
    program,
    [
      ...words,
      ...["-M", "pc,usb=off", "-accel", `tcg,thread=${threads},tb-size=256`, "-cpu", "qemu64"],
      ...(steady ? ["-icount", `shift=${instructionShift}`] : []),
      ...["-smp", "1", "-m", String(megabytes), "-nodefaults", "-no-user-config"],
      ...["-display", "none", "-no-reboot", "-device", "virtio-rng-pci"],
      ...["-serial", `file:${console}`, "-serial", "stdio"],
      ...["-qmp", `unix:${control},server=on,wait=off`],
      ...["-kernel", image.kernel, "-initrd", image.initrd],
      "-append",
      `console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable preempt=full guest=${guest.join(",")}`,
      "-fsdev",
      `local,id=stage,path=${image.stage},security_model=none,readonly=on,multidevs=remap`,
      ...["-device", "virtio-9p-pci,fsdev=stage,mount_tag=stage"],
      ...(memory === undefined ? [] : memoryDevice(memory)),
      ...(cable === undefined ? [] : networkDevice(cable.tap)),
      ...(plug ? ["-device", `isa-debug-exit,iobase=${plugPort},iosize=4`] : []),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  workplace.child(child);
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    lines: linesOf(child, console, gone),
    frozen: async (look) => {
      orders ??= openControl(control);
      const order = await orders;
      await order("stop");
      look();
      await order("cont");
    },
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function memoryDevice({ path, size }: { path: string; size: number }): readonly string[] {
  return [
    ...["-object", `memory-backend-file,id=flash,mem-path=${path},size=${size},share=on`],
    ...["-device", "ivshmem-plain,memdev=flash"],
  ];
}

function networkDevice(tap: string): readonly string[] {
  return [
    ...["-netdev", `tap,id=cable,ifname=${tap},script=no,downscript=no`],
    ...["-device", "virtio-net-pci,netdev=cable"],
  ];
}

/** A line of the guest that is none of its reports. */
const ending = /^ended (\d+)$/;

async function* linesOf(
  child: ChildProcess,
  console: string,
  gone: Promise<void>,
): AsyncGenerator<unknown> {
  if (child.stdout === null) throw new Error("the machine has no line out");
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const [, status] = ending.exec(line) ?? [];
    if (status === "0") return;
    if (line.startsWith("{")) yield JSON.parse(line);
    else said.push(line);
  }
  await gone;
  if (child.signalCode === "SIGKILL" || child.exitCode === plugged) return;
  const last = [...said, readFileSync(console, "utf8")].join("\n").split("\n").slice(-40);
  throw new Error(`the machine ended early:\n${last.join("\n")}`);
}
