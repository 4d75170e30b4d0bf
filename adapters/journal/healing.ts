import type { Disk } from "./disk.ts";
import { damagedName, unfinishedName } from "./journal-file-name.ts";
import { segmentSizes } from "./segment.ts";
import type { FoundSegment } from "./segment-scan.ts";

/**
 * Writes a segment with flipped bits anew, and keeps what was found beside it. Whenever it stops,
 * the segment is there, as it was or as it should be.
 */
export async function healSegment(disk: Disk, segment: FoundSegment): Promise<void> {
  const { name } = segment;
  await disk.create(damagedName(name), disk.read(name, segmentSizes.most));
  await disk.create(unfinishedName(name), segment.bytes);
  await disk.rename(unfinishedName(name), name);
  await disk.syncNames();
}

/**
 * Writes the frames of the last segment once more, in place, and zeros over a torn tail. What can
 * be read need not be on the disk: after a failed sync the kernel still shows pages that it dropped,
 * and commits that follow them would be durable behind a hole.
 */
export async function refreshSegment(disk: Disk, segment: FoundSegment): Promise<void> {
  const file = await disk.open(segment.name);
  try {
    const used = segment.sealed ? segment.bytes.length : segment.end + segment.cut;
    await file.write(segment.bytes.subarray(0, used), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
