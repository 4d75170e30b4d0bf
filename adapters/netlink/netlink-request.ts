import { getSystemErrorName } from "node:util";
import * as Result from "effect/Result";
import { littleEndian, viewOf } from "./attribute.ts";
import type { NetlinkSocket } from "./netlink.ts";
import { NetlinkError, netlinkError } from "./netlink-error.ts";
import {
  controlTypes,
  messageBytes,
  messageFlags,
  type NetlinkMessage,
  readMessages,
} from "./netlink-message.ts";

/** What to ask the kernel. A dump asks for all there is; another request for one answer. */
export interface NetlinkRequest {
  readonly type: number;
  readonly body: Uint8Array;
  readonly dump: boolean;
  /** More of {@link messageFlags}: whether something may be made, or replaced. */
  readonly flags?: number;
}

/** How often a request is sent when what it asks for changes meanwhile. */
export const attemptLimit = 8;

/** The most that one answer may be, in bytes: some twenty thousand WireGuard peers, sixty thousand routes. */
export const answerLimit = 8 * 1024 * 1024;

/** The most datagrams that one answer may come in; also ends a socket that never goes quiet. */
export const datagramCountLimit = 4096;

/**
 * Asks, and returns the whole answer. A dump that the kernel marks as inconsistent
 * (NLM_F_DUMP_INTR), or that overran the socket, is thrown away and asked for again. Messages of
 * other conversations, told by their sequence number, are ignored.
 */
export function netlinkAnswer(
  socket: NetlinkSocket,
  request: NetlinkRequest,
): Result.Result<readonly NetlinkMessage[], NetlinkError> {
  for (let attempt = 0; attempt < attemptLimit; attempt++) {
    sequence = sequence === 0xffff_ffff ? 1 : sequence + 1;
    const answer = ask(socket, request, sequence);
    if (Result.isFailure(answer) || answer.success !== "again") {
      return answer as Result.Result<readonly NetlinkMessage[], NetlinkError>;
    }
  }
  const words = `netlink: what was asked for changed ${attemptLimit} times while it was read`;
  return Result.fail(netlinkError("inconsistent", words));
}

/** One for all sockets: two conversations of a process never share one. */
let sequence = 0;

/** What has come so far. */
interface Progress {
  readonly messages: NetlinkMessage[];
  intact: boolean;
  done: boolean;
}

function ask(
  socket: NetlinkSocket,
  request: NetlinkRequest,
  number: number,
): Result.Result<readonly NetlinkMessage[] | "again", NetlinkError> {
  const how = request.dump ? messageFlags.dump : messageFlags.acknowledge;
  const { type, body, flags = 0 } = request;
  return Result.gen(function* () {
    yield* socket.send(
      messageBytes({ type, flags: messageFlags.request | how | flags, sequence: number, body }),
    );
    const progress: Progress = { messages: [], intact: true, done: false };
    let bytes = 0;
    for (let count = 0; !progress.done; count++) {
      const received = yield* socket.receive();
      if (received.kind === "Overrun") progress.intact = false;
      // After an overrun the end of the answer may be among what was dropped.
      if (received.kind === "Empty") return yield* progress.intact ? silent() : again();
      if (received.kind !== "Datagram") continue;
      bytes += received.bytes.length;
      if (bytes > answerLimit || count >= datagramCountLimit) return yield* tooMuch(bytes);
      for (const message of yield* readMessages(received.bytes)) {
        if (message.sequence === number && !progress.done) yield* take(progress, message);
      }
    }
    return progress.intact ? progress.messages : ("again" as const);
  });
}

function take(progress: Progress, message: NetlinkMessage): Result.Result<void, NetlinkError> {
  if ((message.flags & messageFlags.dumpInterrupted) !== 0) progress.intact = false;
  switch (message.type) {
    case controlTypes.nothing:
      return Result.void;
    case controlTypes.overrun:
      progress.intact = false;
      return Result.void;
    case controlTypes.done:
    case controlTypes.error:
      progress.done = true;
      return verdict(message);
    default:
      progress.messages.push(message);
      return Result.void;
  }
}

/** Both ends of an answer carry an error number, negative; 0 where all went well. */
function verdict({ type, body }: NetlinkMessage): Result.Result<void, NetlinkError> {
  // Kernels from before 2008 end a dump without a number.
  if (type === controlTypes.done && body.length === 0) return Result.void;
  if (body.length < 4) return Result.fail(netlinkError("malformed", "netlink: an error too short"));
  const code = viewOf(body).getInt32(0, littleEndian);
  if (code === 0 || (type === controlTypes.done && code > 0)) return Result.void;
  if (code > 0 || code < -4095) {
    return Result.fail(netlinkError("malformed", `netlink: ${code} is no error number`));
  }
  const words = `the kernel refused: ${getSystemErrorName(code)}`;
  return Result.fail(new NetlinkError({ problem: "refused", words, errorNumber: -code }));
}

function again(): Result.Result<"again", NetlinkError> {
  return Result.succeed("again");
}

function silent(): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("silent", "netlink: the kernel's answer broke off"));
}

function tooMuch(bytes: number): Result.Result<never, NetlinkError> {
  const words = `netlink: an answer of ${bytes} bytes and more; at most ${answerLimit} bytes in ${datagramCountLimit} datagrams`;
  return Result.fail(netlinkError("too much", words));
}
