import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What is there to be removed, the oldest first. */
const pending = new Set<() => Promise<void>>();

let isEnding = false;

/**
 * A way to remove something that outlives its process: a namespace, a mount, a directory, a program.
 * Where a signal ends the command before it is called, it is done then, the newest first; the command
 * ends with 128 and the signal's number. It is done once, however often it is asked for; where it fails it may be
 * asked for again.
 */
export function removal(remove: () => void | Promise<void>): () => Promise<void> {
  let under: Promise<void> | undefined;
  const gone = (): Promise<void> => {
    under ??= (async () => {
      await remove();
      forget(gone);
    })().catch((error: unknown) => {
      under = undefined;
      throw error;
    });
    return under;
  };
  if (pending.size === 0) for (const signal of signals) process.on(signal, end);
  pending.add(gone);
  return gone;
}

/** Without anything to remove a signal ends the process as ever. */
function forget(gone: () => Promise<void>): void {
  pending.delete(gone);
  if (pending.size === 0 && !isEnding) for (const signal of signals) process.off(signal, end);
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  for (const gone of [...pending].toReversed()) {
    await gone().catch((error: unknown) => console.error(String(error)));
  }
  process.exit(128 + constants.signals[signal]);
}
