import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as Data from "effect/Data";
import * as Effect from "effect/Effect";
import type * as Scope from "effect/Scope";

/** A chain of its own on this machine, with nothing on it, as long as the scope lasts. */
export interface DevChain {
  /** Where it answers JSON-RPC: loopback, a free port. */
  readonly url: string;
  /** The process that is the chain. */
  readonly pid: number;
}

/** What a caller may want otherwise. */
export interface DevChainOptions {
  /** `at once`: a block for each transaction, the default. `when told`: by `evm_mine` alone. */
  readonly mining?: "at once" | "when told";
  /** Blocks in an epoch: two epochs back is `finalized`. 32 unless said. */
  readonly slotsInEpoch?: number;
  /** 31337 unless said. */
  readonly chainId?: number;
}

/** The development chain is not installed, or did not start. */
export class DevChainError extends Data.TaggedError("DevChainError")<{ readonly words: string }> {
  override get message(): string {
    return this.words;
  }
}

/** How long it may take to start, in milliseconds; it takes about a tenth of a second. */
export const startLimit = 20_000;

/** What is remembered of its words while it starts, in characters. */
const wordsLimit = 16_384;

/**
 * Starts anvil, for tests and the demo: no router needs it, so it is looked for only here. It ends
 * with the scope, or with us. Its well-known rich accounts exist; give others money by
 * `anvil_setBalance`. Fails with {@link DevChainError}.
 */
export const devChain = (
  options: DevChainOptions = {},
): Effect.Effect<DevChain, DevChainError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.flatMap(program, (path) => start(path, words(options))),
      ({ child }) => Effect.promise(() => ended(child)),
    ),
    ({ url, pid }) => ({ url, pid }),
  );

/** The binary itself lies in a package for each platform, as node's does. */
const program: Effect.Effect<string, DevChainError> = Effect.try({
  try: () => {
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const name = `@foundry-rs/anvil-${process.platform}-${architecture}`;
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), "bin", "anvil");
  },
  catch: () =>
    new DevChainError({
      words: `no development chain for ${process.platform} ${process.arch} is installed: npm ci installs anvil where it can`,
    }),
});

function words(options: DevChainOptions): readonly string[] {
  const { mining = "at once", slotsInEpoch, chainId } = options;
  return [
    ...["--host", "127.0.0.1", "--port", "0", "--color", "never"],
    ...(mining === "when told" ? ["--no-mining"] : []),
    ...(slotsInEpoch === undefined ? [] : ["--slots-in-an-epoch", String(slotsInEpoch)]),
    ...(chainId === undefined ? [] : ["--chain-id", String(chainId)]),
  ];
}

interface Started extends DevChain {
  readonly child: ChildProcess;
}

/** It chooses its port and tells it: asking for a free one first would be a race. */
const start = (path: string, args: readonly string[]): Effect.Effect<Started, DevChainError> =>
  Effect.callback<Started, DevChainError>((resume) => {
    const child = spawn(path, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/bin:/bin" },
    });
    const endWithUs = (): void => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("close", () => process.removeListener("exit", endWithUs));
    let said = "";
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resume(Effect.fail(new DevChainError({ words: `anvil ${why}: ${said.slice(-500)}` })));
    };
    const timer = setTimeout(() => fail(`was not ready within ${startLimit} ms`), startLimit);
    // It goes on speaking; unless somebody listens it would wait for room in the pipe.
    const listen = (part: Buffer): void => {
      if (said.length > wordsLimit) return;
      said += part.toString("utf8");
      const port = /Listening on 127\.0\.0\.1:([0-9]+)/.exec(said)?.[1];
      if (port === undefined || child.pid === undefined) return;
      said = " ".repeat(wordsLimit + 1);
      clearTimeout(timer);
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, pid: child.pid, child }));
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", (code) => fail(`ended with ${code}`));
    return Effect.sync(() => {
      clearTimeout(timer);
      child.kill("SIGKILL");
    });
  });

/** Ends the process by its handle and waits until it is gone. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
