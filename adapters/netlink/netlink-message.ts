import * as Result from "effect/Result";
import { aligned, littleEndian, viewOf } from "./attribute.ts";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";

/** One netlink message (struct nlmsghdr, linux/netlink.h). */
export interface NetlinkMessage {
  readonly type: number;
  /** Some of {@link messageFlags}. */
  readonly flags: number;
  /** The kernel echoes a request's; 0 on notifications. */
  readonly sequence: number;
  /** What follows the header, without padding: a view when read. */
  readonly body: Uint8Array;
}

/** NLM_F_*: 0x300 asks for all there is. The last three are for what is made. */
export const messageFlags = {
  request: 0x1,
  multi: 0x2,
  acknowledge: 0x4,
  dumpInterrupted: 0x10,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
} as const;

/** NLMSG_*: types below 16 are netlink's own. */
export const controlTypes = { nothing: 1, error: 2, done: 3, overrun: 4 } as const;

/** Bytes of struct nlmsghdr. */
export const messageHeaderSize = 16;

/** A message as bytes, from this process (port 0: the kernel fills it in). */
export function messageBytes(message: NetlinkMessage): Uint8Array {
  const bytes = new Uint8Array(aligned(messageHeaderSize + message.body.length));
  const view = viewOf(bytes);
  view.setUint32(0, messageHeaderSize + message.body.length, littleEndian);
  view.setUint16(4, message.type, littleEndian);
  view.setUint16(6, message.flags, littleEndian);
  view.setUint32(8, message.sequence, littleEndian);
  bytes.set(message.body, messageHeaderSize);
  return bytes;
}

/** All messages of one datagram. Refuses lengths that do not fit in it, and bytes left over. */
export function readMessages(
  datagram: Uint8Array,
): Result.Result<readonly NetlinkMessage[], NetlinkError> {
  const view = viewOf(datagram);
  const found: NetlinkMessage[] = [];
  let at = 0;
  while (at < datagram.length) {
    const left = datagram.length - at;
    const length = left < messageHeaderSize ? 0 : view.getUint32(at, littleEndian);
    if (length < messageHeaderSize || length > left) {
      const words = `netlink: a message of length ${length} where 16 to ${left} fit`;
      return Result.fail(netlinkError("malformed", words));
    }
    found.push({
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      sequence: view.getUint32(at + 8, littleEndian),
      body: datagram.subarray(at + messageHeaderSize, at + length),
    });
    at += aligned(length);
  }
  return Result.succeed(found);
}
