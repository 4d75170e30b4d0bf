import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import type { Prefix } from "#core/route/prefix.ts";
import { BabelError } from "./babel.ts";
import { type BabeldProcess, babeldOf, signalBabeld } from "./babeld-process.ts";
import type { DumpPlace } from "./feasibility-log.ts";

/** What a babeld of our own is to do. */
export interface OwnBabeldOptions {
  /** Where its socket, process id, state and log are: in memory rather than on flash. Made, mode 0700. */
  readonly directory: string;
  /** Class-0 tunnels, now. */
  readonly interfaces: () => readonly string[];
  /** What this node announces: its own addresses and those it has routes for. */
  readonly announce: readonly Prefix[];
  /** What is never learned: the places where tunnels end, lest a tunnel leads into itself. */
  readonly refuse: readonly Prefix[];
  /** The program; another one only in tests. */
  readonly program?: string;
}

/** A babeld that is ours to start and to end. */
export interface OwnBabeld {
  readonly socket: string;
  readonly place: DumpPlace;
  /** Starts it unless it runs already as it should; one that runs otherwise is ended first. */
  readonly ensure: Effect.Effect<void, BabelError>;
  /** Whether the one that runs is for other tunnels than are wanted now. */
  readonly outdated: () => boolean;
  /** Ends it by its process id, also where it hangs; {@link ensure} starts another one. */
  readonly stop: Effect.Effect<void>;
  /** Ends it so, and removes its files; fine where it is gone. */
  readonly end: Effect.Effect<void>;
}

/** The most tunnels and prefixes that go into an argument list. */
export const wordLimit = 1000;

/** How long babeld may take to listen, and to end, in milliseconds; looked at so often. */
const startTime = 5000;
const endTime = 3000;
const lookTime = 25;

/**
 * A babeld that belongs to the agent, and outlives it where the agent is killed: plain Babel goes on
 * then, and the next agent finds it by its process id file.
 */
export function ownBabeld(options: OwnBabeldOptions): OwnBabeld {
  const file = (name: string): string => join(options.directory, name);
  const [socket, pidFile, logFile] = [file("babeld.sock"), file("babeld.pid"), file("babeld.log")];
  const program = options.program ?? "babeld";
  const words = (): readonly string[] => babeldWords(options, file);
  const running = (): BabeldProcess | undefined => {
    const found = babeldOf(pidFile);
    // Another one with our process id by chance, or of another agent, has another socket.
    return found?.words.includes(socket) === true ? found : undefined;
  };
  const isAsWanted = (found: BabeldProcess): boolean => {
    const wanted = words();
    return found.words.slice(-wanted.length).join("\0") === wanted.join("\0");
  };
  const stop = Effect.gen(function* () {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const found = running();
      if (found === undefined) break;
      signalBabeld(found, signal);
      for (let waited = 0; waited < endTime && running() !== undefined; waited += lookTime) {
        yield* Effect.sleep(lookTime);
      }
    }
    for (const one of [pidFile, socket]) rmSync(one, { force: true });
  });
  return {
    socket,
    place: { pidFile, logFile, own: true },
    outdated: () => {
      const found = running();
      return found !== undefined && !isAsWanted(found);
    },
    ensure: Effect.gen(function* () {
      const found = running();
      if (found !== undefined && isAsWanted(found) && existsSync(socket)) return;
      if (
        options.announce.length + options.refuse.length + options.interfaces().length >
        wordLimit
      ) {
        return yield* new BabelError({
          words: `babeld: more than ${wordLimit} tunnels and prefixes`,
        });
      }
      yield* stop;
      mkdirSync(options.directory, { recursive: true, mode: 0o700 });
      chmodSync(options.directory, 0o700);
      yield* begin(program, words(), socket);
    }),
    stop,
    end: Effect.andThen(
      stop,
      Effect.sync(() => rmSync(options.directory, { recursive: true, force: true })),
    ),
  };
}

/** Starts it and waits until it listens. It gets no pipe of ours: nothing of us ends it. */
const begin = (program: string, words: readonly string[], socket: string) =>
  Effect.callback<void, BabelError>((resume) => {
    const fail = (text: string): void => {
      clearInterval(looking);
      resume(Effect.fail(new BabelError({ words: text })));
    };
    const child: ChildProcess = spawn(program, words, { stdio: "ignore", detached: true });
    child.unref();
    child.on("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      fail(
        missing ? "babeld is not installed (Debian package babeld)" : `babeld: ${error.message}`,
      );
    });
    child.on("exit", (code) => fail(`babeld ended at once (${code}): see its log`));
    let waited = 0;
    const looking = setInterval(() => {
      waited += lookTime;
      if (existsSync(socket)) {
        clearInterval(looking);
        child.removeAllListeners("exit");
        resume(Effect.void);
      } else if (waited > startTime) {
        child.kill("SIGKILL");
        fail("babeld did not open its socket");
      }
    }, lookTime);
  });

/**
 * Hello every second, so that a lost neighbour is noticed in three. The whole table is told every quarter
 * of a minute: what changes is told at once, but another way to the same place may wait for it. Were it
 * told as often as babeld would by itself, every four seconds, a large network would be full of it.
 */
const tunnelWords = "type wired rxcost 96 hello-interval 1 update-interval 15";

function babeldWords(
  { interfaces, announce, refuse }: OwnBabeldOptions,
  file: (name: string) => string,
): readonly string[] {
  const statements = [
    ...interfaces().map((name) => `interface ${name} ${tunnelWords}`),
    ...refuse.map((prefix) => `in ip ${prefix} deny`),
    ...announce.flatMap((prefix) => [
      `redistribute ip ${prefix} allow`,
      `redistribute local ip ${prefix} allow`,
    ]),
    // Without this the addresses of cables would be announced, and tunnels would lead into themselves.
    "redistribute local deny",
    "redistribute deny",
  ];
  return [
    ...["-S", file("babeld.state"), "-I", file("babeld.pid"), "-L", file("babeld.log")],
    ...["-G", file("babeld.sock")],
    ...statements.flatMap((one) => ["-C", one]),
    ...interfaces(),
  ];
}
