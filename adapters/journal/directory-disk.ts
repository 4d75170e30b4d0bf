import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { takeLock } from "./directory-lock.ts";
import type { Disk, DiskFile, DiskView } from "./disk.ts";
import { JournalError } from "./journal-error.ts";
import { isJournalFile, segmentNumber } from "./journal-file-name.ts";

/** The file system types of statfs(2) on which zeros written beforehand only wear the flash. */
const jffs2 = 0x72b6;

/** The journal's files in a directory, for reading: needs no lock, and leaves no trace. */
export function directoryView(directory: string): DiskView {
  return {
    place: directory,
    list: () => readdirSync(directory),
    read: (name, limit, into) => readWhole(join(directory, name), limit, into),
    head: (name, length) => readHead(join(directory, name), length),
  };
}

/**
 * A directory of the journal's own (0700, files 0600), made where it is missing.
 * @throws JournalError for a directory that holds other things; errno where it cannot be written.
 */
export function directoryDisk(directory: string): Disk {
  makeDirectory(directory);
  refuseForeign(directory);
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  chmodSync(directory, 0o700);
  const at = (name: string): string => join(directory, name);
  return {
    ...directoryView(directory),
    preallocates: statfsSync(directory).type !== jffs2,
    lock: () => takeLock(directory),
    open: async (name) =>
      diskFile(await open(at(name), constants.O_RDWR | constants.O_NOFOLLOW, 0o600)),
    create: (name, bytes) => create(at(name), bytes),
    rename: (from, to) => rename(at(from), at(to)),
    remove: (name) => unlink(at(name)),
    syncNames: () => syncDirectory(directory),
    free: () => {
      const { bavail, bsize } = statfsSync(directory, { bigint: true });
      return bavail * bsize;
    },
  };
}

/**
 * A directory with those above it. Not by mkdirSync's `recursive`: where the file system answers
 * ENOENT whatever is there, as /proc does, that one never returns.
 */
function makeDirectory(directory: string): void {
  const above = dirname(directory);
  if (makeOne(directory) || above === directory) return;
  makeDirectory(above);
  if (!makeOne(directory)) throw Object.assign(new Error("no such place"), { code: "ENOENT" });
}

/** Whether it is there now; not, where what is above it is missing. */
function makeOne(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return true;
    if (code === "ENOENT") return false;
    throw error;
  }
}

/** Before the first segment is made: a typing mistake must not make a journal of /etc. */
function refuseForeign(directory: string): void {
  const names = readdirSync(directory);
  if (names.some((name) => segmentNumber(name) !== undefined)) return;
  const foreign = names.find((name) => !isJournalFile(name) && !isSocket(join(directory, name)));
  if (foreign === undefined) return;
  throw new JournalError({
    problem: "foreign",
    words: `${directory} holds ${JSON.stringify(foreign)} and no journal; give the journal a directory of its own`,
  });
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? true;
}

function readHead(path: string, length: number): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const bytes = new Uint8Array(length);
    return fstatSync(file).isFile()
      ? bytes.subarray(0, readSync(file, bytes, 0, length, 0))
      : bytes;
  } finally {
    closeSync(file);
  }
}

function readWhole(path: string, limit: number, into?: Uint8Array): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > limit) {
      const found = stats.isFile() ? `has ${stats.size} bytes` : "is no file";
      throw new JournalError({
        problem: "foreign",
        words: `${path} ${found}, allowed is a file of ${limit}; it is not the journal's`,
      });
    }
    const bytes =
      into !== undefined && into.length >= stats.size
        ? into.subarray(0, stats.size)
        : new Uint8Array(Buffer.allocUnsafeSlow(stats.size).buffer);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(file, bytes, done, bytes.length - done, done);
      if (read === 0) break; // cut while it was read: the rest is zeros, which mean the end
      done += read;
    }
    return bytes.fill(0, done);
  } finally {
    closeSync(file);
  }
}

function diskFile(file: FileHandle): DiskFile {
  return {
    // Into the page cache, which takes less time than handing it to a thread; the sync may wait.
    write: async (bytes, at) => writeWhole(file.fd, bytes, at),
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

function writeWhole(file: number, bytes: Uint8Array, at: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

async function create(path: string, bytes: Uint8Array): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeWhole(file.fd, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const file = await open(directory, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
