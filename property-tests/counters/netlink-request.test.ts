import * as Result from "effect/Result";
import { describe, expect, test } from "vitest";
import { genericFamily } from "#adapters/netlink/generic-netlink.ts";
import type { NetlinkSocket, Received } from "#adapters/netlink/netlink.ts";
import {
  answerLimit,
  attemptLimit,
  datagramCountLimit,
  netlinkAnswer,
} from "#adapters/netlink/netlink-request.ts";
import { datagram, error, message, pretendKernel } from "./pretend-kernel.ts";

/** A socket whose kernel answers by a script, one for each request; the last one goes on. */
function scripted(...scripts: readonly ((sequence: number) => readonly Received[])[]) {
  let requests = 0;
  let queue: Received[] = [];
  const socket: NetlinkSocket = {
    send: (bytes) => {
      const script = scripts[Math.min(requests, scripts.length - 1)];
      requests += 1;
      queue = [...queue, ...(script?.(Buffer.from(bytes).readUInt32LE(8)) ?? [])];
      return Result.void;
    },
    receive: () => Result.succeed(queue.shift() ?? { kind: "Empty" }),
  };
  return { socket, requests: () => requests, left: () => queue.length };
}

const dump = { type: 20, body: new Uint8Array(4), dump: true } as const;
const part = (sequence: number, text: string, flags = 2): Received =>
  datagram(message(20, flags, sequence, Buffer.from(text)));
const done = (sequence: number, code = 0): Received => {
  const body = Buffer.alloc(4);
  body.writeInt32LE(code);
  return datagram(message(3, 2, sequence, body));
};

function ask(...scripts: readonly ((sequence: number) => readonly Received[])[]) {
  const at = scripted(...scripts);
  const answer = netlinkAnswer(at.socket, dump);
  const texts = Result.isSuccess(answer)
    ? answer.success.map(({ body }) => Buffer.from(body).toString())
    : answer.failure.problem;
  return { ...at, answer, texts };
}

describe("a netlink conversation", () => {
  test("collects all parts, and passes over other conversations", () => {
    const { texts } = ask((n) => [
      part(n - 1, "late"),
      done(n - 1),
      part(n, "one."),
      part(0, "news"),
      datagram(message(20, 2, n, Buffer.from("two.")), message(20, 2, n, Buffer.from("tri."))),
      done(n),
    ]);
    expect(texts).toEqual(["one.", "two.", "tri."]);
  });

  test("a dump marked as inconsistent, or overrun, is thrown away and asked for again", () => {
    for (const bad of [
      (n: number) => [part(n, "old1", 0x12), part(n, "old2"), done(n)],
      (n: number) => [part(n, "old1"), { kind: "Overrun" } as const, done(n)],
      (n: number) => [part(n, "old1"), { kind: "Overrun" } as const],
      (n: number) => [part(n, "old1"), datagram(message(4, 0, n, Buffer.alloc(0))), done(n)],
    ]) {
      const { texts, requests } = ask(bad, bad, (n) => [part(n, "new1"), done(n)]);
      expect(texts).toEqual(["new1"]);
      expect(requests()).toBe(3);
    }
  });

  test("what changes for ever is given up, with words", () => {
    const { texts, requests } = ask((n) => [part(n, "old1", 0x12), done(n)]);
    expect(texts).toBe("inconsistent");
    expect(requests()).toBe(attemptLimit);
  });

  test("an answer that breaks off is an error, and the next answer is not mixed up with it", () => {
    const at = scripted(
      (n) => [part(n, "one.")],
      (n) => [part(n - 1, "late"), done(n - 1), part(n, "two."), done(n)],
    );
    const broken = netlinkAnswer(at.socket, dump);
    expect(Result.isFailure(broken) && broken.failure.problem).toBe("silent");
    const next = Result.getOrThrow(netlinkAnswer(at.socket, dump));
    expect(next.map(({ body }) => Buffer.from(body).toString())).toEqual(["two."]);
  });

  test("the kernel's error number comes back by name, from an error and from an end", () => {
    for (const refusal of [(n: number) => [error(n, 95)], (n: number) => [done(n, -95)]]) {
      const { answer } = ask(refusal);
      expect(Result.isFailure(answer) && answer.failure).toMatchObject({
        problem: "refused",
        errorNumber: 95,
        words: "the kernel refused: ENOTSUP",
      });
    }
  });

  test("an error that is no error number, and one too short, are refused", () => {
    for (const code of [5, -4096, -2_147_483_648]) {
      const body = Buffer.alloc(4);
      body.writeInt32LE(code);
      expect(ask((n) => [datagram(message(2, 0, n, body))]).texts).toBe("malformed");
    }
    expect(ask((n) => [datagram(message(2, 0, n, Buffer.alloc(3)))]).texts).toBe("malformed");
  });

  test("an answer without end is cut at a limit of bytes, and of datagrams", () => {
    const large = Buffer.alloc(32_000);
    const many = (n: number) =>
      Array.from({ length: answerLimit / large.length + 2 }, () =>
        datagram(message(20, 2, n, large)),
      );
    expect(ask(many).texts).toBe("too much");
    const endless = (n: number) =>
      Array.from({ length: datagramCountLimit + 5 }, () => part(n - 1, "late"));
    expect(ask(endless).texts).toBe("too much");
  });

  test("a failing system call is told, not tried for ever", () => {
    const failure = Result.fail({ problem: "system" } as never);
    const dead: NetlinkSocket = { send: () => failure, receive: () => failure };
    const deaf: NetlinkSocket = { send: () => Result.void, receive: () => failure };
    for (const socket of [dead, deaf]) expect(netlinkAnswer(socket, dump)).toEqual(failure);
  });

  test("a family is found by name, and one that is not there is refused with ENOENT", () => {
    const kernel = pretendKernel();
    const { socket } = scripted();
    let queue: readonly Received[] = [];
    const speaking: NetlinkSocket = {
      ...socket,
      send: (bytes) => {
        queue = kernel.answer(16, bytes);
        return Result.void;
      },
      receive: () => {
        const [first, ...rest] = queue;
        queue = rest;
        return Result.succeed(first ?? { kind: "Empty" });
      },
    };
    expect(genericFamily(speaking, "wireguard")).toEqual(Result.succeed(33));
    kernel.family = undefined;
    const none = genericFamily(speaking, "wireguard");
    expect(Result.isFailure(none) && none.failure.errorNumber).toBe(2);
  });
});
