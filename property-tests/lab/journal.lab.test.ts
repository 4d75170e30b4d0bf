import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { readCommits, verifyJournal } from "#adapters/journal/journal-files.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { commitOf } from "../contracts/journal-contract.ts";

const run = (tool: string, ...args: string[]) => spawnSync(tool, args, { encoding: "utf8" });

/** Skips loudly where nothing can be mounted; on CI there is no skipping. */
function skipsMounts(): boolean {
  const { CI } = process.env;
  const place = mkdtempSync(join(tmpdir(), "meshtoll-mount-"));
  const tried = run("mount", "-t", "tmpfs", "tmpfs", place);
  if (tried.status === 0) run("umount", place);
  rmSync(place, { recursive: true });
  if (tried.status === 0 || (CI !== undefined && CI !== "")) return false;
  console.warn(`SKIPPED: this lab test needs root and mount(8): ${tried.stderr}`);
  return true;
}

describe.skipIf(skipsMounts())("on a small file system of its own", () => {
  let place = "";
  const remount = (option: string) => {
    const { status, stderr } = run("mount", "-o", `remount,${option}`, place);
    if (status !== 0) throw new Error(stderr);
  };
  const directory = () => join(place, "journal");
  const open = async () => openJournal(directoryDisk(directory()), { segmentSize: 64 * 1024 });

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "meshtoll-small-"));
    const { status, stderr } = run(
      "mount",
      "-t",
      "tmpfs",
      "-o",
      "size=160k,mode=755",
      "tmpfs",
      place,
    );
    if (status !== 0) throw new Error(stderr);
  });

  afterEach(() => {
    run("umount", "-l", place);
    rmSync(place, { recursive: true, force: true });
  });

  test("a full disk is told before anything is written, does not stop a start, and heals", async () => {
    const journal = await open();
    let held = 0;
    let error: { readonly problem: string; readonly words: string } | undefined;
    while (error === undefined) {
      await journal.append([commitOf(held + 1, 8000)]).then(
        () => {
          held += 1;
        },
        (reason) => {
          error = reason;
        },
      );
    }
    expect(error).toMatchObject({ problem: "full" });
    expect(error.words).toContain("ENOSPC");
    expect(held).toBe(8); // the segment that was made ahead is kept to begin anew on
    await journal.close();
    writeFileSync(join(place, "filler"), new Uint8Array(30 * 1024)); // not a byte is left
    const again = await open();
    expect(again.stat()).toMatchObject({ commits: 8n, readOnly: undefined });
    expect(await again.append([commitOf(9, 10)])).toBe(9n);
    await again.restate([commitOf(10, 100)]);
    expect(await again.append([commitOf(11, 8000)])).toBe(11n);
    rmSync(join(place, "filler"));
    remount("size=400k");
    for (let i = 12; i <= 20; i++) await again.append([commitOf(i, 8000)]);
    await again.close();
    expect(verifyJournal(directory())).toMatchObject({ commits: 11n, damage: [] });
  });

  test("a disk that became read-only can be read and audited, and refuses an agent", async () => {
    const journal = await open();
    await journal.append([commitOf(1), commitOf(2)]);
    await journal.close();
    remount("ro");
    expect([...readCommits(directory())]).toHaveLength(2);
    expect(verifyJournal(directory())).toMatchObject({ commits: 2n, damage: [] });
    await expect(open()).rejects.toMatchObject({ code: "EROFS" });
    remount("rw");
    const again = await open();
    expect(await again.append([commitOf(3)])).toBe(3n);
    await again.close();
  });
});
