import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { type Examination, examine } from "./examination.ts";

/** What a worker says about its journal. */
type Said =
  | { readonly commits: bigint }
  | { readonly done: Examination }
  | { readonly failed: string };

/**
 * Examines many journals, as many at a time as there are cores, each in a thread of its own. The
 * results are in the order of the directories. @throws JournalError for the first that is none
 */
export async function examineAll(
  directories: readonly string[],
  progress: (directory: string, commits: bigint) => void,
): Promise<readonly Examination[]> {
  const [only] = directories;
  if (directories.length === 1 && only !== undefined) {
    return [examine(only, (commits) => progress(only, commits))];
  }
  const results: Examination[] = [];
  const waiting = [...directories.entries()];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const [i, directory] = one;
      results[i] = await inThread(directory, (commits) => progress(directory, commits));
    }
  };
  const threads = Math.min(directories.length, availableParallelism());
  await Promise.all(Array.from({ length: threads }, next));
  return results;
}

function inThread(directory: string, progress: (commits: bigint) => void): Promise<Examination> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { directory } });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error(`the examination of ${directory} ended early`)));
    worker.on("message", (said: Said) => {
      if ("commits" in said) return progress(said.commits);
      if ("done" in said) return resolve(said.done);
      reject(new JournalError({ problem: "missing", words: said.failed }));
    });
  });
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const say = (said: Said): void => port.postMessage(said);
  const { directory } = workerData as { readonly directory: string };
  try {
    say({ done: examine(directory, (commits) => say({ commits })) });
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) });
  }
}
