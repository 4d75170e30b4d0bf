import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressesOf, flipBit } from "../nightly/process-memory.ts";
import { openVictim, type Victim } from "../nightly/victim.ts";
import { bundledVictim, type Life, verdict } from "../nightly/victim-life.ts";

// An engine keeps a text that stands in two programs once, for both of them. A text that goes into what
// is signed would be wrong for both nodes of a pair alike once a bit of it flips (G3).

/** What every signed text begins with, and domains of those that a recorded run signs. */
const words = ["meshtoll", "statement", "lease", "hello", "advert"] as const;

let home = "";
let victim: Victim;
let right: Life;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-words-"));
  victim = await openVictim(bundledVictim(home), home, "guarded");
  right = await victim.live(() => undefined);
}, 60_000);

afterAll(async () => {
  await victim.close();
  rmSync(home, { recursive: true, force: true });
});

test.each(words)(
  "a flipped letter of the text %s is harmless or found",
  async (word) => {
    const found: string[] = [];
    for (let place = 0; ; place += 1) {
      let flipped = false;
      const lived = await victim.live((pid) => {
        const address = textsOf(pid, word)[place];
        if (address === undefined) return;
        flipped = true;
        flipBit(pid, address + word.length - 1, 1);
      });
      if (!flipped) break;
      found.push(verdict(lived, right));
    }
    expect(found.length).toBeGreaterThan(0);
    expect(found).not.toContain("silent");
    expect(found).not.toContain("damaged");
  },
  120_000,
);

/** Texts of the engine's: 32 bits of length before the letters. */
function textsOf(pid: number, word: string): readonly number[] {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(word.length);
  return addressesOf(pid, Buffer.concat([length, Buffer.from(word)])).map((one) => one + 4);
}
