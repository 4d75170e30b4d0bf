import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { describe, expect, test } from "vitest";
import type { Agent } from "#agent/agent/agent.ts";
import {
  type Answer,
  askAgent,
  ControlError,
  connectionLimit,
  controlSocket,
  requestLimit,
  socketPathLimit,
  wordLimit,
} from "#agent/agent/control-socket.ts";
import { answerRequest, type Reload } from "#agent/agent/request.ts";
import { configOf, end, memoryRouters, rounds, start, traffic } from "./memory-routers.ts";

const echo: Answer = (request) =>
  request[0] === "no"
    ? Effect.fail(new ControlError({ problem: "refused", words: "not today" }))
    : Effect.succeed([...request]);

/** Listens in a directory of its own while a story is told. */
async function listening(
  story: (path: string) => Promise<void>,
  answer: Answer = echo,
  time?: number,
): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-control-"));
  const path = join(home, "control.sock");
  const up = Deferred.makeUnsafe<void>();
  const life = Effect.gen(function* () {
    yield* controlSocket(path, answer, time);
    yield* Deferred.succeed(up, undefined);
    return yield* Effect.never;
  });
  const fiber = Effect.runFork(Effect.scoped(life));
  try {
    await Effect.runPromise(Deferred.await(up));
    await story(path);
  } finally {
    await Effect.runPromise(Fiber.interrupt(fiber));
    rmSync(home, { recursive: true, force: true });
  }
}

/** Everything that comes back until the other side hangs up. */
function heard(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (part: Buffer) => {
      text += part.toString("utf8");
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
}

async function raw(path: string, parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(path);
  const answer = heard(socket);
  for (const part of parts) {
    socket.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answer;
}

const ask = (path: string, ...request: readonly [string, ...string[]]) =>
  Effect.runPromise(askAgent(path, request));
const refused = (path: string, ...request: readonly [string, ...string[]]) =>
  Effect.runPromise(Effect.flip(askAgent(path, request)));

describe("the control socket", () => {
  test("answers one request a connection, and only its owner may connect", () =>
    listening(async (path) => {
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(await ask(path, "hello", "wörld")).toEqual(["hello", "wörld"]);
      expect(await raw(path, ['["a"]\n["b"]\n'])).toBe('{"ok":["a"]}\n');
      expect(await refused(path, "no")).toMatchObject({ problem: "refused", words: "not today" });
    }));

  test("a request that comes in pieces, cut within a character, is put together", () =>
    listening(async (path) => {
      const bytes = Buffer.from('["wörld"]\n');
      const pieces = [...bytes].map((byte) => Buffer.from([byte]));
      expect(await raw(path, pieces)).toBe('{"ok":["wörld"]}\n');
    }));

  test("what is no request is refused in words, and the next one is answered", () =>
    listening(async (path) => {
      const words = `{"error":"a request is a JSON list of 1 to ${wordLimit} texts"}\n`;
      const many = JSON.stringify(Array.from({ length: wordLimit + 1 }, () => "x"));
      for (const text of ["", "{}", "[]", "[1]", '"status"', "null", "[[", many]) {
        expect(await raw(path, [`${text}\n`])).toBe(words);
      }
      expect(await ask(path, "still there")).toEqual(["still there"]);
    }));

  test("a request of the longest length passes, one byte more is refused", () =>
    listening(async (path) => {
      const line = (length: number) => `["${"x".repeat(length - 5)}"]\n`;
      expect(line(requestLimit)).toHaveLength(requestLimit);
      expect(await raw(path, [line(requestLimit)])).toContain('{"ok":["xxx');
      const words = `{"error":"a request has at most ${requestLimit} bytes, found more"}\n`;
      expect(await raw(path, [line(requestLimit + 1)])).toBe(words);
      expect(await raw(path, ["y".repeat(10 * requestLimit)])).toBe(words);
    }));

  test("more callers than allowed are turned away, and there is room again afterwards", () =>
    listening(async (path) => {
      const idle = Array.from({ length: connectionLimit }, () => connect(path));
      await Promise.all(idle.map((one) => new Promise((resolve) => one.once("connect", resolve))));
      expect((await refused(path, "one more")).problem).not.toBe("refused");
      for (const socket of idle) socket.destroy();
      await Promise.all(idle.map((one) => new Promise((resolve) => one.once("close", resolve))));
      let answer: unknown;
      while (answer === undefined) {
        answer = await ask(path, "room").catch(() => undefined);
      }
      expect(answer).toEqual(["room"]);
    }));

  test("a caller that drips is cut off at its deadline, not kept by each drop", () =>
    listening(
      async (path) => {
        const socket = connect(path);
        const drops = setInterval(() => socket.write(" "), 5);
        const answer = await heard(socket);
        clearInterval(drops);
        expect(answer).toBe("");
      },
      echo,
      100,
    ));

  test("an answer that throws is an error for its caller, and for nobody else", () =>
    listening(
      async (path) => {
        expect((await refused(path, "die")).words).toContain("a fault: Error: boom");
        expect(await ask(path, "live")).toBe("alive");
      },
      ([word]) =>
        word === "die"
          ? Effect.sync(() => {
              throw new Error("boom");
            })
          : Effect.succeed("alive"),
    ));

  test("nobody listening is told apart from an agent that refuses", async () => {
    const home = mkdtempSync(join(tmpdir(), "meshtoll-control-"));
    const path = join(home, "control.sock");
    expect((await refused(path, "status")).problem).toBe("absent");
    await listening(async (there) => {
      expect((await refused(there, "no")).problem).toBe("refused");
    });
    rmSync(home, { recursive: true });
  });

  test("a path too long for a socket is refused with its length and what to do", async () => {
    const path = `/tmp/${"d".repeat(socketPathLimit)}/control.sock`;
    const error = await Effect.runPromise(Effect.flip(Effect.scoped(controlSocket(path, echo))));
    expect(error.words).toContain(`allowed are ${socketPathLimit}`);
    expect(error.words).toContain("choose a shorter journal directory");
  });

  test("a socket left by a killed agent is replaced, and gone at the end", async () => {
    let left = "";
    await listening(async (path) => {
      left = path;
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            yield* controlSocket(path, () => Effect.succeed("the second"));
            expect(yield* askAgent(path, ["who"])).toBe("the second");
            chmodSync(path, 0o600);
          }),
        ),
      );
    });
    expect(existsSync(left)).toBe(false);
  });
});

describe("requests", () => {
  const withAgent = async (story: (asked: Answer, agent: Agent) => Promise<void>) => {
    const world = memoryRouters();
    try {
      const agent = await start(world, "a");
      await start(world, "b");
      await rounds(world, 6);
      traffic(world, 900_000n);
      await rounds(world, 3);
      const stopping = Deferred.makeUnsafe<"stop" | "stop and keep">();
      await story(answerRequest(agent, stopping), agent);
    } finally {
      await end(world);
    }
  };
  const words = async (asked: Answer, ...request: readonly [string, ...string[]]) =>
    (await Effect.runPromise(Effect.flip(asked(request)))).words;

  test("a spending limit is taken as grains, as tokens, as now and as none", () =>
    withAgent(async (asked) => {
      const limit = (text: string) => Effect.runPromise(asked(["limit-spending", "b", text]));
      expect(await limit("123456")).toEqual({ limit: 123_456n });
      expect(await limit("0.5 USDC")).toEqual({ limit: 500_000_000_000_000_000n });
      const now = (await limit("now")) as { readonly limit: bigint };
      expect(now.limit).toBeGreaterThan(0n);
      expect(await limit("none")).toEqual({ limit: (1n << 160n) - 1n });
      expect(await words(asked, "limit-spending", "b", "-1")).toContain("allowed is an amount");
      expect(await words(asked, "limit-spending", "zoe", "1")).toBe(
        'no neighbour is called "zoe"; there are: b',
      );
    }));

  test("a price is taken up to the cap and refused above it, in words", () =>
    withAgent(async (asked) => {
      const set = (text: string) => Effect.runPromise(asked(["set-price", "b", text]));
      expect(await set("0.20/GB")).toBe("set");
      expect(await words(asked, "set-price", "b", "200000001")).toContain("at most the price cap");
      expect(await words(asked, "set-price", "b", "0")).toContain("what is free rides class 0");
      expect(await words(asked, "set-price", "b")).toContain('found ""');
    }));

  test("a configuration is read again, and one that is refused changes nothing", () =>
    withAgent(async (_, agent) => {
      const stopping = Deferred.makeUnsafe<"stop" | "stop and keep">();
      const reload = (from: Reload) => answerRequest(agent, stopping, { reload: from })(["reload"]);
      const dearer = configOf("a", { price: "0.07/GB" });
      expect(await Effect.runPromise(reload(Effect.succeed(dearer)))).toBe("reloaded");
      expect(agent.config()).toBe(dearer);
      const elsewhere = configOf("a", { listen_port: "51999" });
      for (const from of [Effect.succeed(elsewhere), Effect.fail({ message: "line 3 is odd" })]) {
        const { words: why } = await Effect.runPromise(Effect.flip(reload(from)));
        expect(why).toMatch(
          /delivery_rate and listen_port of the neighbour b cannot change while the agent runs|line 3 is odd/,
        );
        expect(agent.config()).toBe(dearer);
      }
    }));

  test("what is no request is answered with all that there are", () =>
    withAgent(async (asked) => {
      expect(await words(asked, "x".repeat(4000))).toMatch(/^unknown request "x{40}"; there are/);
      expect(await words(asked, "reload")).toContain("without a configuration file");
    }));
});
