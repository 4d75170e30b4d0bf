import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { outboxFile, outboxLimit, type Pending } from "#adapters/settlement/chain/outbox-file.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-outbox-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const one: Pending = {
  nonce: 7n,
  purpose: "register abc 5",
  to: "0x01",
  value: 3n,
  data: "0xff",
  gas: 21_000n,
  feeLimit: 9n,
  urgent: true,
  raw: "0x02",
  fees: { cap: 8n, tip: 1n },
  madeAt: 12n,
  hashes: ["0xaa", "0xbb"],
};

describe("the file of what is on its way", () => {
  test("gives back what was written, and only its owner may read it", () => {
    const file = outboxFile(join(home, "outbox"));
    expect(file.read()).toEqual({ pending: [] });
    file.write([one, { ...one, nonce: 8n, urgent: false }]);
    expect(outboxFile(join(home, "outbox")).read().pending).toEqual([
      one,
      { ...one, nonce: 8n, urgent: false },
    ]);
    expect(statSync(join(home, "outbox")).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(["outbox"]);
  });

  test("cut at any byte, or of another form, it is put aside and nothing is made up", () => {
    const path = join(home, "outbox");
    outboxFile(path).write([one]);
    const whole = readFileSync(path, "utf8");
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(path, whole.slice(0, length));
      expect(outboxFile(path).read(), `${length} bytes`).toEqual({
        pending: [],
        damaged: `${path}.damaged`,
      });
    }
    const others = [
      '{"version":2,"pending":[]}',
      '{"version":1,"pending":[{}]}',
      "x".repeat(outboxLimit + 1),
    ];
    for (const other of [...others, whole.replace('"7"', '"-7"'), whole.replace("0x02", "zz")]) {
      writeFileSync(path, other);
      expect(outboxFile(path).read().pending).toEqual([]);
    }
  });

  test("a place where nothing can be written is told, and nothing is sent then", () => {
    expect(() => outboxFile(join(home, "missing", "outbox")).write([one])).toThrow(
      /cannot be written/,
    );
  });
});
