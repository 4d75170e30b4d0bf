import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { encodeFrame } from "#adapters/journal/frame.ts";
import { encodeHeader, encodeSeal } from "#adapters/journal/segment.ts";
import { encodeSlot } from "#adapters/journal/snapshot-slot.ts";
import { keptJournal } from "./kept-journal.ts";

// Journals outlive programs: whoever changes one of these bytes raises the format's number, and
// goes on reading what was written before.

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a frame is written as it always was", () => {
  expect(hex(encodeFrame(258, 0xdeadbeef, new Uint8Array([1, 2, 3, 4, 5]), 7))).toBe(
    "0500070002010000efbeadde010203040500000040584a53",
  );
});

test("a header is written as it always was, twice", () => {
  const header = encodeHeader({
    number: 3,
    firstSequence: 1000,
    previousCrc: 0x01020304,
    previousHash: new Uint8Array(32).fill(0xaa),
    schema: new Uint8Array(32).fill(0xbb),
    size: 262_144,
    restates: 0,
  });
  expect(hex(header.subarray(0, 104))).toBe(
    "6d657368746f6c6c206a6f75726e616c0100000003000000e803000004030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb000004000eed7989",
  );
  expect(header.subarray(104, 512).every((byte) => byte === 0)).toBe(true);
  expect(hex(header.subarray(512))).toBe(hex(header.subarray(0, 512)));
});

test("a seal and a snapshot are written as they always were", () => {
  const hash = new Uint8Array(32).fill(0xcc);
  expect(hex(encodeSeal({ frames: 12, end: 4096, hash }))).toBe(
    "7365616c65642e2e0c00000000100000cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc000000000000000000000000d439355d",
  );
  const payload = new Uint8Array([9, 8, 7]);
  expect(hex(encodeSlot({ sequence: 5, frameCrc: 6, payload }))).toBe(
    "6d657368746f6c6c20736e617073686f7400000000000000010000000500000006000000030000009e43095055a91c89cb6823f3d7f12629bd9bd47b91c5c23799fdec28bea3b5c5090807",
  );
});

test("a journal of several segments is written as it always was", async () => {
  const { disk } = await keptJournal([40, 1, ...Array.from({ length: 9 }, () => 8000), 3]);
  expect(digest(disk.read("segment-00000001", 65_536))).toBe(
    "8c8ac7fce92326a673693d41707a014f067ffe828303a0577ec670ff14fba623",
  );
  expect(digest(disk.read("segment-00000002", 65_536))).toBe(
    "8ec4c5f021353c4e62fc9540c415e02913aa5f0d86e56cc58cee629aae258194",
  );
});
