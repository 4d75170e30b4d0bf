import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { ChainError } from "./chain-error.ts";
import type { Fees } from "./fees.ts";

/** A transaction that is on its way: signed, kept, and perhaps sent. */
export interface Pending {
  readonly nonce: bigint;
  /** See `purposeOf`. */
  readonly purpose: string;
  readonly to: string;
  readonly value: bigint;
  readonly data: string;
  readonly gas: bigint;
  /** What a unit of its gas may cost at most. */
  readonly feeLimit: bigint;
  readonly urgent: boolean;
  /** The newest form of it: these bytes are sent again unchanged. */
  readonly raw: string;
  readonly fees: Fees;
  /** The block after which the newest form was made. */
  readonly madeAt: bigint;
  /** Hashes of all its forms, newest last: any of them may be mined. */
  readonly hashes: readonly string[];
}

/** At most so many are on their way at once. */
export const pendingLimit = 32;

/** A transaction takes at most so many forms: each costs an eighth more, so that is the fee cap. */
export const formLimit = 48;

/** The longest file, in bytes. */
export const outboxLimit = 1 << 20;

/** Where transactions are kept before they are sent. */
export interface OutboxFile {
  /** What was kept. A file that cannot be understood is put aside: `damaged` tells its new name. */
  readonly read: () => { readonly pending: readonly Pending[]; readonly damaged?: string };
  /** Returns once it is durable. @throws ChainError */
  readonly write: (pending: readonly Pending[]) => void;
}

/**
 * A file that is replaced as a whole, synced before it takes its name. One for each chain and
 * account: what was signed for one of them means nothing on another.
 */
export function outboxFile(path: string): OutboxFile {
  return {
    read: () => {
      if (!existsSync(path)) return { pending: [] };
      try {
        if (statSync(path).size > outboxLimit) throw new Error("too long");
        return { pending: understand(readFileSync(path, "utf8")) };
      } catch {
        const damaged = `${path}.damaged`;
        renameSync(path, damaged);
        return { pending: [], damaged };
      }
    },
    write: (pending) => {
      try {
        replace(path, `${JSON.stringify({ version: 1, pending }, bigintText)}\n`);
      } catch (error) {
        throw new ChainError("outbox", `${path} cannot be written: ${String(error)}`);
      }
    },
  };
}

/** An outbox in memory, for tests and twins. @param hook called with what is about to be kept. */
export function memoryOutbox(hook: (pending: readonly Pending[]) => void = () => {}): OutboxFile {
  let kept: readonly Pending[] = [];
  return {
    read: () => ({ pending: kept }),
    write: (pending) => {
      hook(pending);
      kept = pending;
    },
  };
}

function replace(path: string, text: string): void {
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** @throws Error where the text is not what was written. */
function understand(text: string): readonly Pending[] {
  const { version, pending } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (version !== 1 || !Array.isArray(pending) || pending.length > pendingLimit) {
    throw new Error("no outbox");
  }
  return pending.map((one) => readPending(one as Readonly<Record<string, unknown>>));
}

function readPending(one: Readonly<Record<string, unknown>>): Pending {
  const { fees, hashes, purpose, urgent, nonce, to, value, data } = one as Stored;
  const { gas, feeLimit, raw, madeAt } = one as Stored;
  if (!Array.isArray(hashes) || typeof purpose !== "string" || typeof urgent !== "boolean") {
    throw new Error("no transaction");
  }
  return {
    nonce: number(nonce),
    purpose,
    to: digits(to),
    value: number(value),
    data: digits(data),
    gas: number(gas),
    feeLimit: number(feeLimit),
    urgent,
    raw: digits(raw),
    fees: { cap: number(fees?.cap), tip: number(fees?.tip) },
    madeAt: number(madeAt),
    hashes: hashes.map(digits),
  };
}

/** What stands in the file, as far as anybody knows before it is looked at. */
type Stored = { readonly [name in keyof Omit<Pending, "fees">]?: unknown } & {
  readonly fees?: { readonly cap?: unknown; readonly tip?: unknown };
};

function number(value: unknown): bigint {
  if (typeof value !== "string" || !/^[0-9]{1,78}$/.test(value)) throw new Error("no number");
  return BigInt(value);
}

function digits(value: unknown): string {
  if (typeof value !== "string" || !/^0x[0-9a-f]*$/.test(value)) throw new Error("no bytes");
  return value;
}
