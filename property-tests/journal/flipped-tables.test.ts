import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressesOf, flipBit } from "../nightly/process-memory.ts";
import { openVictim, type Victim } from "../nightly/victim.ts";
import { bundledVictim, type Life, verdict } from "../nightly/victim-life.ts";

// With a flipped bit in the table of the checksum a whole frame looks like one with a flipped bit. A
// reader that believes it puts "right" what was right: a commit with another amount (G3).

let home = "";
let victim: Victim;
let right: Life;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-tables-"));
  victim = await openVictim(bundledVictim(home), home, "guarded");
  right = await victim.live(() => undefined);
}, 60_000);

afterAll(async () => {
  await victim.close();
  rmSync(home, { recursive: true, force: true });
});

/** What one entry of the first of the tables is, from a single byte's checksum. */
function entry(byte: number): Buffer {
  const advanced = (~crc32(Uint8Array.of(byte ^ 0xff)) ^ 0x00ffffff) >>> 0;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(advanced);
  return bytes;
}

test.each([1, 16, 128])(
  "a flipped bit in entry %i of the checksum's tables changes no commit and no journal",
  async (byte) => {
    const verdicts: string[] = [];
    for (const bit of [0, 6]) {
      let places = 0;
      const lived = await victim.live((pid) => {
        const wanted = Buffer.concat([
          entry(byte),
          byte === 255 ? Buffer.alloc(0) : entry(byte + 1),
        ]);
        const found = addressesOf(pid, wanted);
        places = found.length;
        for (const address of found) flipBit(pid, address + 2, bit);
      });
      expect(places).toBeGreaterThan(0);
      verdicts.push(verdict(lived, right));
    }
    expect(verdicts).not.toContain("silent");
    expect(verdicts).not.toContain("damaged");
  },
  60_000,
);

/** Ends a copy, and waits until the kernel knows nothing of it any more. */
function end(pid: number): void {
  process.kill(pid, "SIGKILL");
  while (existsSync(`/proc/${pid}/mem`));
}

test("a copy that ends before anything is flipped in it is no life: the next one is", async () => {
  let copies = 0;
  const lived = await victim.live((pid) => {
    copies += 1;
    if (copies === 1) end(pid);
    flipBit(pid, addressesOf(pid, entry(1))[0] ?? 0, 0);
  });
  expect(copies).toBe(2);
  expect(["silent", "damaged"]).not.toContain(verdict(lived, right));
}, 60_000);

test("where one after the other ends, somebody is told", async () => {
  const dying = victim.live((pid) => {
    end(pid);
    flipBit(pid, 0, 0);
  });
  await expect(dying).rejects.toThrow("5 copies ended before anything was done to them");
  expect((await victim.live(() => undefined)).said).toBe("done");
}, 60_000);
