import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type MachineOrder, openControl } from "./machine-control.ts";
import type { MachineImage } from "./machine-image.ts";
import type { Workplace } from "./workplace.ts";

/** A machine that runs: emulated, one processor, no network. */
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
}

/** Of the machine, for Debian's kernel, Node and 16 MiB of simulated flash. */
const memoryMegabytes = 512;

/** Boots a machine; it ends with the workplace at the latest. */
export function bootMachine(
  workplace: Workplace,
  image: MachineImage,
  { guest, memory }: MachineTask,
): Machine {
  const home = workplace.directory("machine");
  const console = join(home, "console");
  const control = join(home, "control");
  let orders: Promise<MachineOrder> | undefined;
  const child = spawn(
    "qemu-system-x86_64",
    [
      ...["-M", "pc,usb=off", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "qemu64"],
      ...["-smp", "1", "-m", String(memoryMegabytes), "-nodefaults", "-no-user-config"],
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
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  workplace.child(child);
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    lines: linesOf(child, console),
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

/** A line of the guest that is none of its reports. */
const ending = /^ended (\d+)$/;

async function* linesOf(child: ChildProcess, console: string): AsyncGenerator<unknown> {
  if (child.stdout === null) throw new Error("the machine has no line out");
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const [, status] = ending.exec(line) ?? [];
    if (status === "0") return;
    if (line.startsWith("{")) yield JSON.parse(line);
    else said.push(line);
  }
  if (child.signalCode === "SIGKILL") return;
  const last = [...said, readFileSync(console, "utf8")].join("\n").split("\n").slice(-40);
  throw new Error(`the machine ended early:\n${last.join("\n")}`);
}
