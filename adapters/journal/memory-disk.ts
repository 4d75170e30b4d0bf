import type { Disk, DiskFile } from "./disk.ts";
import { JournalError } from "./journal-error.ts";
import { type Look, scan } from "./segment-scan.ts";

/** What a disk in memory can be made to fail. */
export type DiskOperation = "write" | "sync" | "create" | "rename" | "remove" | "syncNames";

/** A failure to come. */
export interface DiskFault {
  readonly operation: DiskOperation;
  /** As in errno(3): EIO, ENOSPC, EROFS, ... */
  readonly code: string;
  /** So many of these operations still succeed. Default 0. */
  readonly after?: number;
  /** Whether it stays so. Default: it happens once. */
  readonly always?: boolean;
}

/** A disk in memory: it outlives its agent, and can fail and lose power as real ones do. */
export interface MemoryDisk extends Disk {
  /** Bytes it holds at most. */
  capacity: number;
  /** Lets an operation fail. */
  readonly fail: (fault: DiskFault) => void;
  /** Ends all failures to come. */
  readonly mend: () => void;
  /** After so many operations more, of any kind, nothing happens any more until {@link cutPower}. */
  readonly dieAfter: (operations: number) => void;
  /** Operations so far. */
  readonly operations: () => number;
  /**
   * The power fails, and comes back. Of every sector that was written and not synced, and of the names, `survives`
   * says whether the new or the old one is found afterwards. Nobody holds the lock any more.
   */
  readonly cutPower: (survives: () => boolean) => void;
  /** The payloads of all commits that can be read, first to last. */
  readonly commits: readonly Uint8Array[];
  /** Changes bytes of a file as no program would, in the page cache and on the disk. */
  readonly damage: (name: string, change: (bytes: Uint8Array) => void) => void;
  /** Cuts a file, or removes it. */
  readonly truncate: (name: string, length: number | undefined) => void;
}

/** What a disk writes whole or not at all, in bytes. */
const sector = 512;

interface MemoryFile {
  /** As programs see it: the page cache. */
  seen: Uint8Array;
  /** As it is on the disk. */
  durable: Uint8Array;
  /** Sectors that were written since the last sync. */
  readonly dirty: Set<number>;
}

/** An empty disk in memory. */
export function memoryDisk(capacity = 64 * 1024 * 1024): MemoryDisk {
  let names = new Map<string, MemoryFile>();
  let durableNames = new Map<string, MemoryFile>();
  let holder: object | undefined;
  const faults = newFaults();
  const used = () => [...names.values()].reduce((all, { seen }) => all + seen.length, 0);
  const fileAt = (name: string): MemoryFile => {
    const file = names.get(name);
    if (file === undefined) throw errno("ENOENT");
    return file;
  };

  const disk: MemoryDisk = {
    place: "memory",
    preallocates: true,
    capacity,
    ...faults.controls,
    get commits() {
      return [...scan(disk)].flatMap(payloadsOf);
    },
    list: () => [...names.keys()],
    read: (name, limit) => readOf(fileAt(name).seen, name, limit),
    head: (name, length) => fileAt(name).seen.slice(0, length),
    damage: (name, change) => {
      const file = fileAt(name);
      change(file.seen);
      change(file.durable);
    },
    free: () => BigInt(disk.capacity - used()),
    lock: () => {
      if (holder !== undefined) throw locked();
      const self = {};
      holder = self;
      return () => {
        if (holder === self) holder = undefined;
      };
    },
    open: async (name) => {
      const file = fileAt(name);
      return openFile(file, faults, (more) => {
        if (used() + more > disk.capacity) throw errno("ENOSPC");
      });
    },
    create: async (name, bytes) => {
      faults.check("create", () => names.set(name, unsynced(bytes)));
      const replaced = names.get(name)?.seen.length ?? 0;
      if (used() - replaced + bytes.length > disk.capacity) throw errno("ENOSPC");
      names.set(name, { seen: bytes.slice(), durable: bytes.slice(), dirty: new Set() });
    },
    rename: async (from, to) => {
      faults.check("rename");
      names.set(to, fileAt(from));
      names.delete(from);
    },
    remove: async (name) => {
      faults.check("remove");
      fileAt(name);
      names.delete(name);
    },
    syncNames: async () => {
      faults.check("syncNames");
      durableNames = new Map(names);
    },
    truncate: (name, length) => {
      const file = fileAt(name);
      if (length === undefined) names.delete(name);
      else file.seen = file.durable = file.seen.slice(0, length);
      durableNames = new Map(names);
    },
    cutPower: (survives) => {
      holder = undefined;
      faults.revive();
      const after = survives() ? names : durableNames;
      for (const file of new Set(after.values())) losePower(file, survives);
      names = new Map(after);
      durableNames = new Map(after);
    },
  };
  return disk;
}

function payloadsOf(look: Look): readonly Uint8Array[] {
  if (look.type === "unused") return [];
  return look.segment?.frames.map(({ payload }) => payload) ?? [];
}

function openFile(
  file: MemoryFile,
  { check, live }: Faults,
  grow: (more: number) => void,
): DiskFile {
  return {
    write: async (bytes, at) => {
      const longer = at + bytes.length - file.seen.length;
      if (longer > 0) grow(longer);
      check("write", () => put(file, bytes.subarray(0, bytes.length >> 1), at));
      put(file, bytes, at);
    },
    sync: async () => {
      const dirty = [...file.dirty];
      live();
      // Whether it fails or not, the kernel counts these pages as written; where it failed, they
      // are seen until the power goes, and no later sync writes them.
      file.dirty.clear();
      check("sync");
      if (file.durable.length < file.seen.length) {
        file.durable = resized(file.durable, file.seen.length);
      }
      for (const one of dirty) copySector(file.seen, file.durable, one);
    },
    close: async () => undefined,
  };
}

function put(file: MemoryFile, bytes: Uint8Array, at: number): void {
  if (at + bytes.length > file.seen.length) file.seen = resized(file.seen, at + bytes.length);
  file.seen.set(bytes, at);
  const last = Math.floor((at + bytes.length - 1) / sector);
  for (let one = Math.floor(at / sector); one <= last; one++) file.dirty.add(one);
}

function losePower(file: MemoryFile, survives: () => boolean): void {
  const after = resized(file.durable, file.seen.length);
  for (const one of file.dirty) if (survives()) copySector(file.seen, after, one);
  file.seen = after;
  file.durable = after.slice();
  file.dirty.clear();
}

function copySector(from: Uint8Array, to: Uint8Array, one: number): void {
  to.set(from.subarray(one * sector, (one + 1) * sector), one * sector);
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const next = new Uint8Array(length);
  next.set(bytes.subarray(0, length));
  return next;
}

function readOf(bytes: Uint8Array, name: string, limit: number): Uint8Array {
  if (bytes.length <= limit) return bytes.slice();
  const words = `${name} has ${bytes.length} bytes, allowed is a file of ${limit}`;
  throw new JournalError({ problem: "foreign", words });
}

/** A file that was being made when the power failed. */
function unsynced(bytes: Uint8Array): MemoryFile {
  const file = { seen: new Uint8Array(), durable: new Uint8Array(), dirty: new Set<number>() };
  put(file, bytes.subarray(0, bytes.length >> 1), 0);
  return file;
}

type Faults = ReturnType<typeof newFaults>;

function newFaults() {
  let coming: { readonly fault: DiskFault; left: number }[] = [];
  let operations = 0;
  let end = Number.POSITIVE_INFINITY;
  let dead = false;
  const live = (): void => {
    if (operations < end) return;
    dead = true;
    throw errno("EIO");
  };
  return {
    controls: {
      fail: (fault: DiskFault) => {
        coming.push({ fault, left: fault.after ?? 0 });
      },
      mend: () => {
        coming = [];
      },
      dieAfter: (more: number) => {
        end = operations + more;
      },
      operations: () => operations,
    },
    live,
    revive: () => {
      dead = false;
      end = Number.POSITIVE_INFINITY;
    },
    /** Throws where the operation is to fail, half done. */
    check: (operation: DiskOperation, half?: () => void): void => {
      if (operations === end && !dead) half?.();
      live();
      operations += 1;
      for (const one of coming) {
        if (one.fault.operation !== operation) continue;
        if (one.left > 0) {
          one.left -= 1;
          continue;
        }
        if (one.fault.always !== true) coming = coming.filter((other) => other !== one);
        half?.();
        throw errno(one.fault.code);
      }
    },
  };
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code });
}

function locked(): JournalError {
  const words = "the journal in memory is open already";
  return new JournalError({ problem: "locked", pid: process.pid, words });
}
