import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootMachine } from "./machine.ts";
import type { MachineImage } from "./machine-image.ts";
import { erasedNor, norSize } from "./nor-flash.ts";
import type { Workplace } from "./workplace.ts";

/** Bytes that a one-event commit programs into flash, counted below the file system (G4). */
export interface FlashBytes {
  /** On UBIFS over NAND with pages of 2 KiB; at most 3200. */
  readonly ubifs: number;
  /** On JFFS2 over NOR; at most 250. */
  readonly jffs2: number;
  /** What a journal programs before its first commit. */
  readonly begin: { readonly ubifs: number; readonly jffs2: number };
  /** Megabytes a day where 100 neighbours are read every five minutes; at most 1.5. */
  readonly aDay: { readonly ubifs: number; readonly jffs2: number };
  readonly commits: number;
}

/** The goals, in bytes, and a day's in megabytes. */
export const flashGoals = { ubifs: 3200, jffs2: 250, aDay: 1.5 } as const;

/** Rounds of readings a day. */
const roundsADay = 288;

/** Whether all goals are met. */
export function meetsFlashGoals({ ubifs, jffs2, aDay }: FlashBytes): boolean {
  const day = Math.max(aDay.ubifs, aDay.jffs2);
  return ubifs <= flashGoals.ubifs && jffs2 <= flashGoals.jffs2 && day <= flashGoals.aDay;
}

interface Counted {
  readonly bytesToBegin: number;
  readonly bytesPerCommit: number;
  readonly bytesPerRound: number;
}

/** Counts on both, one machine each. */
export async function countFlashBytes(
  workplace: Workplace,
  image: MachineImage,
  commits = 1000,
): Promise<FlashBytes> {
  const path = join(workplace.directory("nor"), "flash");
  writeFileSync(path, erasedNor());
  const counted = async (
    guest: readonly string[],
    memory?: { readonly path: string; readonly size: number },
  ): Promise<Counted> => {
    const task = memory === undefined ? { guest } : { guest, memory };
    for await (const line of bootMachine(workplace, image, task).lines) return line as Counted;
    throw new Error(`the machine said nothing about ${guest.join(" ")}`);
  };
  const ubifs = await counted(["ubifs-bytes", `${commits}`]);
  const jffs2 = await counted(["jffs2-bytes", `${commits}`, `${norSize}`], { path, size: norSize });
  return {
    ubifs: Math.round(ubifs.bytesPerCommit),
    jffs2: Math.round(jffs2.bytesPerCommit),
    aDay: { ubifs: aDay(ubifs), jffs2: aDay(jffs2) },
    begin: { ubifs: ubifs.bytesToBegin, jffs2: jffs2.bytesToBegin },
    commits,
  };
}

function aDay({ bytesPerRound }: Counted): number {
  return Math.round((bytesPerRound * roundsADay) / 1e4) / 100;
}
