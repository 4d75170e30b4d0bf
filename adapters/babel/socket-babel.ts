import { connect } from "node:net";
import * as Effect from "effect/Effect";
import type { Babel, BabelError, BabelState } from "./babel.ts";
import type { FeasibilityDump } from "./feasibility-dump.ts";
import { lineSplitter, type WatchedBabel, watchedBabel } from "./watched-babel.ts";

/** How a babeld is reached. */
export interface SocketBabelOptions {
  /** Its local socket, read-only (`babeld -G`) or not: nothing but `monitor` is ever said. */
  readonly socket: string;
  /** Called before each attempt to connect: starts it, where that is our business. */
  readonly ensure: Effect.Effect<void, BabelError>;
  /** Which routes are feasible, or nothing where it cannot be told. */
  readonly feasibility: Effect.Effect<FeasibilityDump | undefined>;
  /** Becomes true where another babeld is wanted: the connection is given up then. */
  readonly outdated?: () => boolean;
  /** Ends it, where that is our business: called when it has not answered {@link hungLimit} times in a row. */
  readonly end?: Effect.Effect<void>;
  /** For tests: all waiting times, in milliseconds. */
  readonly times?: BabelTimes;
}

/** Waiting times, in milliseconds. */
export interface BabelTimes {
  /** How long babeld may take for an answer. */
  readonly answer: number;
  /** How often it is asked whether it is there. */
  readonly heartbeat: number;
  /** Between two attempts: at first, and at most. */
  readonly leastPause: number;
  readonly mostPause: number;
  /** Dumps: at least this far apart, and asked for without a reason after so long. */
  readonly dump: number;
  readonly idleDump: number;
}

/** Those of a live agent. */
export const babelTimes: BabelTimes = {
  answer: 5000,
  heartbeat: 5000,
  leastPause: 250,
  mostPause: 15_000,
  dump: 1000,
  idleDump: 30_000,
};

/**
 * A babeld of our own is ended after so many sessions in a row without an answer. Neighbours forget it after
 * three seconds without a hello, and ways are held for fifteen: by then another one has to be there.
 */
const hungLimit = 2;

/** babeld says less than this between two heartbeats, in bytes: forty thousand routes twice. */
const floodLimit = 16 * 1024 * 1024;

/** Watches a babeld by its local socket, for as long as the scope lasts; never writes to it. */
export const socketBabel = Effect.fnUntraced(function* (options: SocketBabelOptions) {
  const watched = watchedBabel();
  const times = options.times ?? babelTimes;
  let pause = times.leastPause;
  let hung = 0;
  const attempt = Effect.gen(function* () {
    yield* options.ensure;
    const ended = yield* session(watched, options, times);
    if (ended.wasUp) pause = times.leastPause;
    watched.setState(ended.state, ended.why);
    if (ended.wasUp || ended.state !== "hung") hung = 0;
    if (ended.state !== "hung" || options.end === undefined) return;
    hung += 1;
    if (hung < hungLimit) return;
    hung = 0;
    pause = times.leastPause;
    yield* options.end;
  }).pipe(
    Effect.catch((error) => Effect.sync(() => watched.setState("down", error.words))),
    Effect.andThen(
      Effect.suspend(() => {
        const now = pause;
        pause = Math.min(2 * pause, times.mostPause);
        return Effect.sleep(now);
      }),
    ),
  );
  yield* Effect.forkScoped(Effect.forever(attempt));
  yield* Effect.forkScoped(dumps(watched, options, times));
  return watched.service satisfies Babel["Service"];
});

interface Ended {
  readonly state: Exclude<BabelState, "up" | "off">;
  readonly why: string;
  readonly wasUp: boolean;
}

/** One connection, from its first line to its end. */
const session = (watched: WatchedBabel, options: SocketBabelOptions, times: BabelTimes) =>
  Effect.callback<Ended>((resume) => {
    watched.begin();
    const socket = connect(options.socket);
    const split = lineSplitter();
    /** Answers still to come: the greeting's, then that of `monitor`, then of each heartbeat. */
    let owed = 1;
    let answers = 0;
    let bytes = 0;
    let over = false;
    const end = (state: Ended["state"], why: string): void => {
      if (over) return;
      over = true;
      clearInterval(heart);
      clearTimeout(deadline);
      socket.destroy();
      resume(Effect.succeed({ state, why, wasUp: answers >= 2 }));
    };
    const overdue = (): void => end("hung", `babeld does not answer on ${options.socket}`);
    let deadline = setTimeout(overdue, times.answer);
    const answered = (): void => {
      answers += 1;
      owed -= 1;
      if (owed === 0) clearTimeout(deadline);
      if (answers === 1) ask("monitor");
      if (answers === 2) watched.setState("up");
    };
    const ask = (words: string): void => {
      owed += 1;
      clearTimeout(deadline);
      deadline = setTimeout(overdue, times.answer);
      socket.write(`${words}\n`);
    };
    const heart = setInterval(() => {
      bytes = 0;
      if (options.outdated?.() === true) return end("down", "other tunnels are wanted");
      // No statement of any version: the answer is "bad", and whoever answers lives.
      if (owed === 0) ask("alive?");
    }, times.heartbeat);
    socket.on("error", (error: NodeJS.ErrnoException) =>
      end("down", `babeld on ${options.socket}: ${error.code ?? error.message}`),
    );
    socket.on("close", () => end("down", `babeld closed ${options.socket}`));
    socket.on("data", (part: Buffer) => {
      if (over) return;
      bytes += part.length;
      const { lines, tooLong } = split(part.toString("latin1"));
      if (bytes > floodLimit || tooLong)
        return end("senseless", "babeld says more than it can mean");
      if (answers === 0 && lines[0] !== undefined && !greeted) {
        greeted = true;
        if (!/^(?:BABEL 1|ALTHEA 0)\./.test(lines[0]))
          return end("senseless", "what answers is no babeld");
      }
      const why = watched.hear(lines);
      if (why !== undefined) return end("senseless", why);
      for (const line of lines) if (isAnswer(line)) answered();
    });
    let greeted = false;
    return Effect.sync(() => {
      over = true;
      clearInterval(heart);
      clearTimeout(deadline);
      socket.destroy();
    });
  });

function isAnswer(line: string): boolean {
  return line === "ok" || line === "bad" || /^no( |$)/.test(line);
}

/** Asks which routes are feasible, soon after something changed, and now and then. */
const dumps = (watched: WatchedBabel, options: SocketBabelOptions, times: BabelTimes) => {
  let idle = Number.POSITIVE_INFINITY;
  const once = Effect.gen(function* () {
    idle += times.dump;
    const table = watched.table();
    if (watched.state() !== "up") return;
    if (!table.wantsDump() && idle < times.idleDump) return;
    idle = 0;
    table.beginDump();
    const dump = yield* options.feasibility;
    table.endDump(dump);
    watched.touch();
  });
  return Effect.forever(Effect.andThen(once, Effect.sleep(times.dump)));
};
