import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";
import { inspect, readCommits, verifyJournal } from "#adapters/journal/journal-files.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { commitOf, inside } from "../contracts/journal-contract.ts";
import { directoryPlace } from "./journal-place.ts";
import { smallSegments } from "./kept-journal.ts";
import { numberedCommit } from "./numbered-commit.ts";
import { type WriterProcess, writerProcess } from "./writer-process.ts";

let root = "";
let places = 0;
const writers: WriterProcess[] = [];
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "meshtoll-directory-"));
  chmodSync(root, 0o755);
});
afterAll(async () => {
  for (const writer of writers) await writer.kill();
  rmSync(root, { recursive: true, force: true });
});

const place = () => join(root, String(places++));
const open = async (directory: string) => openJournal(directoryDisk(directory), smallSegments);
const start = (directory: string, mode: "write" | "hold" | "verify") => {
  const writer = writerProcess(directory, mode);
  writers.push(writer);
  return writer;
};

/** Why the port does not open a journal there. */
const problemOf = (directory: string): Promise<JournalError> =>
  inside(directoryPlace(directory), (journal) => journal.read).then(
    () => expect.fail(`${directory} was opened`),
    (error) => error,
  );

/** A closed journal of so many commits. */
async function journalOf(commits: number): Promise<string> {
  const directory = place();
  const journal = await open(directory);
  await journal.append(Array.from({ length: commits }, (_, i) => numberedCommit(i + 1)));
  await journal.close();
  return directory;
}

describe("a journal directory", () => {
  test("is made where it is missing, and only its owner can read what is in it", async () => {
    const directory = join(place(), "deep", "journal");
    const journal = await open(directory);
    await journal.append([commitOf(1)]);
    await journal.snapshot({ sequence: 1n, payload: commitOf(1) });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const names = readdirSync(directory);
    expect(names.length).toBeGreaterThanOrEqual(4); // segment, spare, lock and snapshot
    for (const name of names) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
    await journal.close();
    expect(readdirSync(directory).some((name) => name.startsWith("lock"))).toBe(false);
  });

  test("that is missing cannot be read, and is not made by trying", () => {
    const directory = place();
    for (const look of [verifyJournal, inspect, (it: string) => [...readCommits(it)]]) {
      expect(() => look(directory)).toThrow(/is not there; check the configured directory/);
    }
    expect(existsSync(directory)).toBe(false);
  });

  test("that holds other things is refused and left as it is", async () => {
    const directory = place();
    mkdirSync(directory, { mode: 0o755 });
    writeFileSync(join(directory, "passwd"), "root");
    const error = await open(directory).catch((it) => it);
    expect(error).toMatchObject({ problem: "foreign" });
    expect(error.words).toContain('holds "passwd"');
    expect(readdirSync(directory)).toEqual(["passwd"]);
    expect(statSync(directory).mode & 0o777).toBe(0o755);
    const file = join(directory, "passwd");
    expect(await problemOf(file)).toMatchObject({ problem: "foreign" });
    expect(await problemOf(join(file, "journal"))).toMatchObject({ problem: "foreign" });
    expect(readFileSync(file, "utf8")).toBe("root");
  });

  test("may hold the agent's socket", async () => {
    const directory = place();
    mkdirSync(directory);
    const server = createServer().listen(join(directory, "control.sock"));
    await new Promise((resolve) => server.once("listening", resolve));
    await (await open(directory)).close();
    await new Promise((resolve) => server.close(resolve));
  });

  test("that the machine lets nobody write says read-only, and what to check", async () => {
    const error = await problemOf("/sys/meshtoll-journal");
    expect(error).toMatchObject({ problem: "read-only" });
    expect(error.words).toContain("check its owner, its mode and how the file system is mounted");
    // Answers ENOENT to every new name, though all above it is there.
    expect(await problemOf("/proc/meshtoll/journal")).toMatchObject({ problem: "missing" });
  });

  test("with a huge file or a link in a segment's place is refused, not read", async () => {
    const huge = await journalOf(1);
    truncateSync(join(huge, "segment-00000001"), 1024 ** 4);
    expect(() => verifyJournal(huge)).toThrow(/has 1099511627776 bytes, allowed is/);
    const linked = await journalOf(1);
    rmSync(join(linked, "segment-00000001"));
    symlinkSync(join(huge, "segment-00000001"), join(linked, "segment-00000001"));
    expect(() => verifyJournal(linked)).toThrow(/something else has that name/);
  });

  test("is read by another user who may not write it, and while it is written", async () => {
    const directory = await journalOf(20);
    for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o444);
    chmodSync(directory, 0o555);
    expect(await start(directory, "verify").line()).toBe("verified 20 0");
    const busy = place();
    const writer = start(busy, "write");
    await writer.line();
    let before = 0n;
    for (let i = 0; i < 40; i++) {
      const { commits, damage } = verifyJournal(busy);
      expect(damage).toEqual([]);
      expect(commits).toBeGreaterThanOrEqual(before);
      before = commits;
      await writer.line();
    }
    await writer.kill();
    expect(before).toBeGreaterThan(0n);
  });
});

describe("the lock", () => {
  test("of a living process is respected, and says which", async () => {
    const directory = place();
    const holder = start(directory, "hold");
    expect(await holder.line()).toBe("open 0");
    const error = await open(directory).catch((it) => it);
    expect(error).toMatchObject({ problem: "locked", pid: holder.pid });
    expect(error.words).toContain(`in use by process ${holder.pid}; stop that agent first`);
    await holder.kill();
    await (await open(directory)).close();
  });

  test("of a killed process, and of one whose number another process has, is taken over", async () => {
    const directory = place();
    const holder = start(directory, "hold");
    await holder.line();
    await holder.kill();
    expect(readdirSync(directory).filter((name) => name.startsWith("lock"))).toHaveLength(1);
    await (await open(directory)).close();
    // Process 1 lives, but is not the one that was started 12345 ticks after some other boot.
    writeFileSync(join(directory, "lock-1-12345-00000000-1"), "");
    await (await open(directory)).close();
    const self = `lock-${process.ppid}-1-${bootId()}-${namespaceOfProcesses()}`;
    writeFileSync(join(directory, self), ""); // lives, but was started at another moment
    await (await open(directory)).close();
    expect(readdirSync(directory).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  test("of a container that cannot be seen from here is left to a person", async () => {
    const directory = place();
    mkdirSync(directory);
    const mark = `lock-77-12345-${bootId()}-4242`;
    writeFileSync(join(directory, mark), "");
    const error = await open(directory).catch((it) => it);
    expect(error).toMatchObject({ problem: "locked", pid: 77 });
    expect(error.words).toContain(`remove ${mark}`);
  });

  test("is held by at most one of many that start at once over a dead one's", async () => {
    for (let round = 0; round < 3; round++) {
      const directory = place();
      mkdirSync(directory);
      writeFileSync(join(directory, `lock-1-12345-00000000-1`), "");
      const racers = Array.from({ length: 6 }, () => start(directory, "hold"));
      const said = await Promise.all(racers.map((racer) => racer.line()));
      expect(said.filter((line) => line === "open 0").length).toBeLessThanOrEqual(1);
      expect(
        said.filter((line) => line?.startsWith("refused locked")).length,
      ).toBeGreaterThanOrEqual(5);
      for (const racer of racers) await racer.kill();
      await (await open(directory)).close();
    }
  });
});

test("a writer killed at any moment, again and again, loses nothing that it had acknowledged", async () => {
  const directory = place();
  let acknowledged = 0;
  for (let round = 0; round < 15; round++) {
    const writer = start(directory, "write");
    expect(await writer.line()).toBe(`open ${acknowledged}`);
    for (let i = 0; i < 1 + ((round * 7) % 23); i++) acknowledged = Number(await writer.line());
    const rest = await writer.kill();
    acknowledged = Number(rest.at(-1) ?? acknowledged);
    const { damage, repaired } = verifyJournal(directory);
    expect({ damage, repaired }).toEqual({ damage: [], repaired: 0 });
    let count = 0;
    for (const { sequence, payload } of readCommits(directory)) {
      count += 1;
      expect(sequence).toBe(BigInt(count));
      if (Buffer.compare(payload, numberedCommit(count)) !== 0)
        expect.fail(`commit ${count} differs`);
    }
    expect(count).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = count; // what was written and not yet said counts from now on
  }
  expect(acknowledged).toBeGreaterThan(100);
});

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
}

function namespaceOfProcesses(): string {
  return String(statSync("/proc/self/ns/pid").ino);
}
