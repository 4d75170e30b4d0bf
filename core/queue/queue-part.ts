/**
 * One part of an interface's queues: a queueing discipline, or a class of one. Numbers are what the
 * kernel keeps exactly (bytes, bytes a second, packets); each name is the tool's word for it.
 */
export interface QueuePart {
  /** Unique on its interface: "1:" for a discipline, "1:20" for a class. */
  readonly id: string;
  /** The id of what it hangs on; nothing for the root. */
  readonly parent: string | undefined;
  /** "class", or the discipline with all that cannot change in place. Another kind is another part. */
  readonly kind: string;
  /** What can change in place. One that an observer could not read is left out, and passes as right. */
  readonly settings: Readonly<Record<string, bigint>>;
}

/** The kind of parts that are classes: all others are disciplines. */
export const classKind = "class";

/** The queues of one interface, parents before what hangs on them. */
export type QueueTree = readonly QueuePart[];
