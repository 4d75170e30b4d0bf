import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { seededDefects } from "../../proofs/defects/seeded-defect.ts";

/** The seeded defects of each naive design, in the words and the order of the protocol. */
const defectsOf: Readonly<Record<string, readonly string[]>> = {
  "vouchers as differences": ["delta vouchers"],
  "the last voucher instead of the largest": ["last voucher wins"],
  "resuming without a leap": ["resume without leap"],
  "counting again after a restart": ["count twice on restart"],
  "reserving beyond the lease or beyond the chunk": [
    "reservation not bounded by the lease",
    "reservation not bounded by the chunk",
  ],
  "granting one byte too many": ["grant off by one"],
  "paying for the whole lease": ["pay for the whole lease"],
  "sending a voucher, lease or quota before it is journaled": [
    "send before journal: voucher",
    "send before journal: lease",
    "send before journal: quota",
  ],
  "changing a price backwards": ["retroactive price"],
  "a constant tolerance at each poll": ["constant tolerance"],
  "letting the receiver pay for forwarding": ["receiver pays forward"],
  "reselling what is not held": ["uncovered resale"],
  "grace periods by the clock": ["clock-based grace"],
  "money as floats": ["float money"],
  "rounding at each poll": ["rounding per poll"],
};

test("every naive design that the protocol names is a seeded defect of the proofs", () => {
  const page = readFileSync("docs/protocol.md", "utf8").replace(/\s+/g, " ");
  const list = /kept as seeded defects that tests and proofs must find: ([^.]+)\./.exec(page)?.[1];
  expect(list?.split("; ")).toEqual(Object.keys(defectsOf));
  const seeded = seededDefects.map(({ name }) => name);
  expect(seeded).toEqual(expect.arrayContaining(Object.values(defectsOf).flat()));
});
