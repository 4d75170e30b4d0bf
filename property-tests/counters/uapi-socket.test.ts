import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterEach, describe, expect, test } from "vitest";
import {
  answerLimit,
  type UapiOptions,
  uapiPath,
  uapiRequest,
} from "#adapters/wireguard/uapi-socket.ts";

const directory = mkdtempSync(join(tmpdir(), "uapi-"));
let servers: readonly Server[] = [];

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
  rmSync(directory, { recursive: true, force: true });
});

/** Something that listens where WireGuard would, and answers in its own way. */
async function serve(answer: (socket: Socket, request: string) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // the client may hang up on a long answer
    socket.once("data", (bytes) => answer(socket, bytes.toString("latin1")));
  });
  servers = [...servers, server];
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  await new Promise<void>((resolve) => server.listen(uapiPath("wg0", directory), resolve));
}

const ask = (request = "get=1", options: UapiOptions = {}) =>
  Effect.runPromise(Effect.result(uapiRequest("wg0", request, { directory, ...options })));

async function problem(request?: string, options?: UapiOptions): Promise<string> {
  const outcome = await ask(request, options);
  return outcome._tag === "Failure" ? outcome.failure.problem : "answered";
}

describe("the socket of userspace WireGuard", () => {
  test("a whole answer comes as its lines, in order, in however many pieces", async () => {
    await serve((socket, request) => {
      const text = `a=1\nb=x=y\nb=\nasked=${request.trim()}\nerrno=0\n\n`;
      for (const letter of text) socket.write(letter);
    });
    const outcome = await ask();
    expect(outcome).toMatchObject({
      success: [
        ["a", "1"],
        ["b", "x=y"],
        ["b", ""],
        ["asked", "get=1"],
      ],
    });
  });

  test("an error number is a refusal that names it", async () => {
    await serve((socket) => socket.end("private_key=5ec7e7\nerrno=-22\n\n"));
    const outcome = await ask();
    expect(outcome).toMatchObject({ failure: { problem: "refused" } });
    expect(outcome._tag === "Failure" && outcome.failure.words).toContain("errno -22");
    expect(JSON.stringify(outcome)).not.toContain("5ec7e7");
  });

  test("an answer that breaks off, or of another form, is malformed", async () => {
    for (const text of [
      "",
      "a=1\n",
      "\n\n",
      "novalue\n\n",
      "=1\nerrno=0\n\n",
      "a=1\n\n",
      "a=1\n\nerrno=0\n\n",
    ]) {
      await serve((socket) => socket.end(text));
      expect(await problem(), JSON.stringify(text)).toBe("malformed");
    }
  });

  test("an answer above a million bytes is cut off, and one below is not", async () => {
    const line = `a=${"1".repeat(61)}\n`;
    const fitting = line.repeat(Math.floor((answerLimit - 20) / line.length));
    await serve((socket) => socket.end(`${fitting}errno=0\n\n`));
    expect(await problem()).toBe("answered");
    await serve((socket) => socket.end(`${fitting}${line}errno=0\n\n`));
    expect(await problem()).toBe("too long");
  });

  test("one that never answers is given up", async () => {
    await serve(() => {});
    expect(await problem("get=1", { timeLimit: 30 })).toBe("too slow");
  });

  test("no socket, and one that nobody listens on, are absent; everything else is not", async () => {
    expect(await problem()).toBe("absent");
    await serve((socket) => socket.destroy());
    writeFileSync(uapiPath("wg1", directory), "");
    const plainFile = await Effect.runPromise(
      Effect.flip(uapiRequest("wg1", "get=1", { directory })),
    );
    expect(plainFile.problem).toBe("absent"); // nobody listens on a plain file either
    const inFile = { directory: uapiPath("wg1", directory) };
    const noDirectory = await Effect.runPromise(Effect.flip(uapiRequest("wg0", "get=1", inFile)));
    expect(noDirectory.problem).toBe("unreachable");
  });

  test("a request with an empty line in it is not sent", async () => {
    let asked = 0;
    await serve((socket) => {
      asked += 1;
      socket.end("errno=0\n\n");
    });
    expect(await problem("set=1\n\nget=1")).toBe("malformed");
    expect(await problem("a".repeat(answerLimit + 1))).toBe("malformed");
    expect(asked).toBe(0);
    expect(await problem("set=1")).toBe("answered");
  });
});
