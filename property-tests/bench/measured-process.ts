import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** A program that ran: how long, and how much memory it took at most. */
export interface MeasuredProcess {
  readonly milliseconds: number;
  /** Bytes, resident, as the kernel counted them (VmHWM) at the last look. */
  readonly peak: number;
  readonly output: string;
}

/** Looks at a process's memory every so many milliseconds: the kernel keeps the peak. */
const lookEvery = 3;

/** What is printed at most, in bytes. */
const outputLimit = 64 * 1024 * 1024;

/** Runs a program to its end; its errors go where ours go. @throws Error where it fails. */
export function measured(words: readonly [string, ...string[]]): Promise<MeasuredProcess> {
  const [program, ...rest] = words;
  const began = process.hrtime.bigint();
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid));
  }, lookEvery);
  const parts: Buffer[] = [];
  let size = 0;
  child.stdout.on("data", (part: Buffer) => {
    size += part.length;
    if (size <= outputLimit) parts.push(part);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(look);
      const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
      if (code !== 0) return reject(new Error(`${program} ended with ${code}`));
      resolve({ milliseconds, peak, output: Buffer.concat(parts).toString("utf8") });
    });
  });
}

function peakOf(pid: number | undefined): number {
  try {
    const found = /VmHWM:\s+([0-9]+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(found?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has ended
  }
}

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  return await measured([program, "--version"]).then(
    () => true,
    () => false,
  );
}
