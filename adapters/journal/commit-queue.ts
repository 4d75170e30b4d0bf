import { payloadLimit } from "./frame.ts";
import { JournalError } from "./journal-error.ts";
import type { SegmentWriter } from "./segment-writer.ts";

/** Payload bytes of one request, with all that waits for it, at most. */
export const requestLimit = 4 * 1024 * 1024;

/** Hands commits to the writer, in the order in which they came. */
export interface CommitQueue {
  /** Resolves with the sequence of the last commit when all are durable. */
  readonly append: (commits: readonly Uint8Array[]) => Promise<bigint>;
  /** Keeps commits for the next append. @throws JournalError */
  readonly appendLater: (commits: readonly Uint8Array[]) => void;
  /** Runs something while nothing is written. */
  readonly exclusive: <A>(work: () => A | Promise<A>) => Promise<A>;
}

interface Request {
  readonly payloads: readonly Uint8Array[];
  /** So many of them waited before, and wait again where the journal is full. */
  readonly kept: number;
  readonly resolve: (sequence: bigint) => void;
  readonly reject: (error: unknown) => void;
}

/** Group commit: everything that came while a sync was under way shares the next one. */
export function commitQueue(writer: SegmentWriter): CommitQueue {
  let later: Uint8Array[] = [];
  let waiting: Request[] = [];
  let tail: Promise<unknown> = Promise.resolve();

  const exclusive = <A>(work: () => A | Promise<A>): Promise<A> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };

  const commit = async (requests: readonly Request[]): Promise<void> => {
    let sequence = BigInt(writer.end().lastSequence);
    try {
      await writer.append(requests.flatMap(({ payloads }) => payloads));
    } catch (error) {
      if (requests.length > 1 && writer.refusal() === undefined) {
        for (const request of requests) await commit([request]); // one of them may still fit
        return;
      }
      for (const { payloads, kept, reject } of requests) {
        later = [...payloads.slice(0, kept), ...later];
        reject(error);
      }
      return;
    }
    for (const { payloads, resolve } of requests) {
      sequence += BigInt(payloads.length);
      resolve(sequence);
    }
  };

  const drain = async (): Promise<void> => {
    const requests = waiting;
    waiting = [];
    if (requests.length === 0) return;
    await commit(requests);
    void writer.prepare(); // while the next commits are written
  };

  return {
    exclusive,
    append: async (commits) => {
      checkSizes(commits, later);
      const payloads = [...later, ...commits.map((one) => one.slice())];
      const kept = later.length;
      later = [];
      return await new Promise<bigint>((resolve, reject) => {
        waiting.push({ payloads, kept, resolve, reject });
        exclusive(drain).catch(reject);
      });
    },
    appendLater: (commits) => {
      const refusal = writer.refusal();
      if (refusal !== undefined) throw refusal;
      checkSizes(commits, later);
      later.push(...commits.map((one) => one.slice()));
    },
  };
}

function checkSizes(commits: readonly Uint8Array[], later: readonly Uint8Array[]): void {
  const wrong = commits.find(({ length }) => length === 0 || length > payloadLimit);
  if (wrong !== undefined) {
    throw new JournalError({
      problem: "too large",
      words: `a commit of ${wrong.length} bytes; allowed are 1 to ${payloadLimit}`,
    });
  }
  const size = bytesOf(commits) + bytesOf(later);
  if (size <= requestLimit) return;
  throw new JournalError({
    problem: "too large",
    words: `commits of ${size} bytes at once; allowed are ${requestLimit}: append them in parts`,
  });
}

function bytesOf(commits: readonly Uint8Array[]): number {
  return commits.reduce((all, { length }) => all + length, 0);
}
