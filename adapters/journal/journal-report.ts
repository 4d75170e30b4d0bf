import type { DiskView } from "./disk.ts";
import { type Damage, scan } from "./segment-scan.ts";

/** What a full check of a journal found. */
export interface JournalReport {
  readonly segments: number;
  /** Whole commits, up to the first damage. */
  readonly commits: bigint;
  /** Flipped bits that a start would put right. */
  readonly repaired: number;
  /** Bytes of an unacknowledged commit that a start would cut off. */
  readonly cut: number;
  /** Empty where every checksum, hash and seal holds. */
  readonly damage: readonly Damage[];
}

/**
 * Checks every frame, header, seal and link of a journal, one segment in memory at a time. Changes
 * nothing and needs no lock: it works on a journal in use and on a read-only disk.
 * @throws JournalError where there is no journal, or its files cannot be read.
 */
export function verifyDisk(disk: DiskView): JournalReport {
  const report = { segments: 0, commits: 0n, repaired: 0, cut: 0, damage: [] as Damage[] };
  for (const look of scan(disk, "oldest")) {
    if (look.type === "unused") {
      report.cut += look.cut;
      continue;
    }
    if (look.type === "damage") report.damage.push(look.damage);
    const { segment } = look;
    if (segment === undefined) continue;
    report.segments += 1;
    report.commits += BigInt(segment.frames.length);
    report.repaired += segment.repaired;
    report.cut += segment.cut;
  }
  return report;
}
