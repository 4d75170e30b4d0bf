import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import {
  type KeyFileText,
  keyFileLimit,
  readKeyFile,
  type Secrets,
  writeKeyFile,
} from "./key-file-text.ts";
import { isSealed, seal, unseal } from "./key-seal.ts";
import { Keys } from "./keys.ts";
import {
  type KeysError,
  KeysExposed,
  KeysMalformed,
  KeysSealed,
  KeysUnavailable,
} from "./keys-error.ts";
import { keysOf } from "./keys-of.ts";
import { isSecret, secretLength } from "./secret-signer.ts";
import { clamped, tunnelKeyLength } from "./tunnel-key.ts";

/**
 * Keys from one file, 0600, made on the first run with the system's randomness. A file that others
 * can read, or that is not exactly a key file, is refused and left as it is: making new keys would
 * make another node, whose channels and debts are not ours.
 */
export const fileKeys = (path: string, passphraseFile?: string): Layer.Layer<Keys, KeysError> =>
  Layer.effect(Keys, keysFrom(path, passphraseFile));

/**
 * Seals the keys of a file with the passphrase in another one, in place: the old text is replaced by
 * one that nobody reads without it. Done already, it changes nothing.
 */
export const sealKeys = Effect.fnUntraced(function* (path: string, passphraseFile: string) {
  const text = yield* readIfThere(path);
  if (text === undefined) return yield* unavailable(path, "read", "ENOENT");
  const passphrase = yield* passphraseIn(passphraseFile);
  if (isSealed(text)) {
    yield* opened(path, text, passphrase);
    return;
  }
  const content = readKeyFile(text);
  if (content.kind === "malformed") {
    return yield* new KeysMalformed({ path, line: content.line, allowed: content.allowed });
  }
  yield* replaceWith(path, seal(text, passphrase));
});

/**
 * Puts another tunnel key in the place of the one in a file; the node stays who it is. The old key is
 * gone with it: from the next start on, neighbours have to know the new one. Returns the public key.
 */
export const rotateTunnelKey = Effect.fnUntraced(function* (path: string, passphraseFile?: string) {
  yield* checkDirectory(dirname(path));
  const text = yield* readIfThere(path);
  if (text === undefined) return yield* unavailable(path, "read", "ENOENT");
  const content = readKeyFile(yield* plainText(path, text, passphraseFile));
  if (content.kind === "malformed") {
    return yield* new KeysMalformed({ path, line: content.line, allowed: content.allowed });
  }
  const secrets = { node: content.secrets.node, tunnel: newTunnelSecret() };
  const plain = writeKeyFile(secrets);
  yield* replaceWith(
    path,
    passphraseFile === undefined ? plain : seal(plain, yield* passphraseIn(passphraseFile)),
  );
  return keysOf(secrets).tunnelPublicKey;
});

/** Another text in the place of a file: whole, or not at all. */
const replaceWith = Effect.fnUntraced(function* (path: string, text: string) {
  const beside = `${path}.${randomBytes(6).toString("hex")}.new`;
  yield* writeSynced(beside, text);
  yield* attempt(path, "replace", () => rename(beside, path));
  yield* syncDirectory(dirname(path));
});

const keysFrom = Effect.fnUntraced(function* (path: string, passphraseFile: string | undefined) {
  yield* attempt(dirname(path), "make directory", () =>
    mkdir(dirname(path), { recursive: true, mode: 0o700 }),
  );
  yield* checkDirectory(dirname(path));
  let text = yield* readIfThere(path);
  if (text === undefined) {
    yield* create(path, passphraseFile);
    // What the file says now counts: another process may have been the first.
    text = yield* readIfThere(path);
  }
  if (text === undefined) return yield* unavailable(path, "read", "ENOENT");
  const plain = yield* plainText(path, text, passphraseFile);
  const content: KeyFileText = readKeyFile(plain);
  if (content.kind === "malformed") {
    return yield* new KeysMalformed({ path, line: content.line, allowed: content.allowed });
  }
  return keysOf(content.secrets);
});

/** What a file says, once it is opened; a file that should be sealed and is not is refused. */
const plainText = Effect.fnUntraced(function* (
  path: string,
  text: string,
  passphraseFile: string | undefined,
) {
  if (!isSealed(text)) {
    if (passphraseFile === undefined) return text;
    return yield* new KeysSealed({
      path,
      found: "is not sealed, and the configuration names a passphrase",
      remedy: "seal it with `keys --seal`, or take keys_passphrase away",
    });
  }
  if (passphraseFile === undefined) {
    return yield* new KeysSealed({
      path,
      found: "is sealed",
      remedy: "name the file of its passphrase in keys_passphrase",
    });
  }
  return yield* opened(path, text, yield* passphraseIn(passphraseFile));
});

const opened = Effect.fnUntraced(function* (path: string, text: string, passphrase: string) {
  const found = unseal(text, passphrase);
  if (found.kind === "text") return found.text;
  if (found.kind === "malformed") {
    return yield* new KeysMalformed({ path, line: found.line, allowed: found.allowed });
  }
  return yield* new KeysSealed({
    path,
    found: "does not open with this passphrase, or was altered",
    remedy: "give the one that sealed it",
  });
});

/** The first line of a file that only its owner may read. */
const passphraseIn = Effect.fnUntraced(function* (path: string) {
  const text = yield* readIfThere(path);
  if (text === undefined) return yield* unavailable(path, "read the passphrase in", "ENOENT");
  const [line = ""] = text.split("\n", 1);
  if (line.length >= leastPassphrase) return line;
  const allowed = `a passphrase of at least ${leastPassphrase} characters`;
  return yield* new KeysMalformed({ path, line: 1, allowed });
});

/** Shorter ones are guessed. */
const leastPassphrase = 12;

/** In a directory that others can write to, others can put another file in place of ours. */
const checkDirectory = Effect.fnUntraced(function* (path: string) {
  const stats = yield* attempt(path, "look at", () => stat(path));
  const sticky = (stats.mode & 0o1000) !== 0;
  if ((stats.mode & 0o022) === 0 || sticky) return;
  return yield* new KeysExposed({
    path,
    found: `is a directory that others can write to (mode ${octal(stats)})`,
    remedy: `chmod go-w ${quoted(path)}`,
  });
});

/** The text of the file; undefined if there is none. */
const readIfThere = (path: string): Effect.Effect<string | undefined, KeysError> =>
  Effect.acquireUseRelease(
    openIfThere(path),
    (file) => (file === undefined ? Effect.succeed(undefined) : readGuarded(path, file)),
    (file) => (file === undefined ? Effect.void : Effect.promise(() => file.close())),
  );

const openIfThere = (path: string): Effect.Effect<FileHandle | undefined, KeysUnavailable> =>
  Effect.tryPromise({
    try: () => open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    catch: codeOf,
  }).pipe(
    Effect.catch((code) =>
      code === "ENOENT" ? Effect.succeed(undefined) : unavailable(path, "open", code),
    ),
  );

const readGuarded = Effect.fnUntraced(function* (path: string, file: FileHandle) {
  const stats = yield* attempt(path, "look at", () => file.stat());
  if (!stats.isFile()) return yield* unavailable(path, "read", "it is not a file");
  if ((stats.mode & 0o077) !== 0) {
    return yield* new KeysExposed({
      path,
      found: `can be read or written by others (mode ${octal(stats)})`,
      remedy: `chmod 600 ${quoted(path)}`,
    });
  }
  const us = process.geteuid?.() ?? stats.uid;
  if (stats.uid !== us) {
    return yield* new KeysExposed({
      path,
      found: `belongs to user ${stats.uid}, and we are user ${us}`,
      remedy: `chown ${us} ${quoted(path)}`,
    });
  }
  // One byte more than allowed, so that a longer file is seen without being read.
  const buffer = Buffer.alloc(keyFileLimit + 1);
  const { bytesRead } = yield* attempt(path, "read", () => file.read(buffer, 0, buffer.length, 0));
  if (bytesRead > keyFileLimit) {
    const allowed = `a file of at most ${keyFileLimit} bytes`;
    return yield* new KeysMalformed({ path, line: 1, allowed });
  }
  return buffer.toString("latin1", 0, bytesRead);
});

/** Writes new keys beside the place, synced, and puts them there only if nothing is there yet. */
const create = Effect.fnUntraced(function* (path: string, passphraseFile: string | undefined) {
  const beside = `${path}.${randomBytes(6).toString("hex")}.new`;
  const plain = writeKeyFile(newSecrets());
  const text =
    passphraseFile === undefined ? plain : seal(plain, yield* passphraseIn(passphraseFile));
  const placed = writeSynced(beside, text).pipe(
    Effect.andThen(
      Effect.tryPromise({ try: () => link(beside, path), catch: codeOf }).pipe(
        Effect.catch((code) =>
          code === "EEXIST" ? Effect.void : unavailable(path, "create", code),
        ),
      ),
    ),
    Effect.ensuring(Effect.ignore(Effect.tryPromise(() => unlink(beside)))),
  );
  yield* placed;
  yield* syncDirectory(dirname(path));
});

const writeSynced = (path: string, text: string): Effect.Effect<void, KeysUnavailable> =>
  attempt(path, "write", async () => {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  });

const syncDirectory = (path: string): Effect.Effect<void, KeysUnavailable> =>
  attempt(path, "sync directory", async () => {
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  });

function newSecrets(): Secrets {
  let node = randomBytes(secretLength);
  while (!isSecret(node)) node = randomBytes(secretLength);
  return { node, tunnel: newTunnelSecret() };
}

function newTunnelSecret(): Uint8Array {
  return clamped(randomBytes(tunnelKeyLength));
}

function attempt<A>(
  path: string,
  doing: string,
  act: () => Promise<A>,
): Effect.Effect<A, KeysUnavailable> {
  return Effect.tryPromise({
    try: act,
    catch: (error) => new KeysUnavailable({ path, doing, code: codeOf(error) }),
  });
}

function unavailable(path: string, doing: string, code: string) {
  return Effect.fail(new KeysUnavailable({ path, doing, code }));
}

/** The system's word for an error. Never its message: that could hold what was being written. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}

function octal(stats: Stats): string {
  return (stats.mode & 0o7777).toString(8).padStart(4, "0");
}

/** A path as one word of a command line. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
