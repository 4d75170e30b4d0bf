/** The files of a journal, for reading only. Throws the errors of the file system. */
export interface DiskView {
  /** How a person calls it: a directory, or what stands for one. */
  readonly place: string;
  /** The names of all files. */
  readonly list: () => readonly string[];
  /**
   * A whole file, as bytes that are the caller's own; at the front of `into`, where that is given and
   * has room. @throws JournalError where it has more than `limit` bytes.
   */
  readonly read: (name: string, limit: number, into?: Uint8Array) => Uint8Array;
  /** The first so many bytes of a file, or all of it where it has fewer. */
  readonly head: (name: string, length: number) => Uint8Array;
}

/**
 * What a journal needs of a disk: a flat set of files that can be read, created, written in place
 * and renamed. Nothing is durable before it was synced; errors carry the `code` of errno(3).
 */
export interface Disk extends DiskView {
  /** Whether new segments are filled with zeros beforehand; on JFFS2 that only costs. */
  readonly preallocates: boolean;
  /** One writer at a time. Returns how to give the disk back. @throws JournalError if it is taken. */
  readonly lock: () => () => void;
  /** Opens a file that is there for writing in place. */
  readonly open: (name: string) => Promise<DiskFile>;
  /** A new file, its content durable, in place of one of that name. Its name is not durable yet. */
  readonly create: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** Makes all names durable. */
  readonly syncNames: () => Promise<void>;
  /** Free bytes. */
  readonly free: () => bigint;
}

/** A file open for writing. After a sync that failed, nothing on it is relied on any more. */
export interface DiskFile {
  /** Writes all bytes at `at`, or fails. */
  readonly write: (bytes: Uint8Array, at: number) => Promise<void>;
  /** fdatasync(2). */
  readonly sync: () => Promise<void>;
  readonly close: () => Promise<void>;
}
