import * as Result from "effect/Result";
import {
  type Attribute,
  attribute,
  joined,
  readAttributes,
  readUnsigned,
  textBytes,
} from "./attribute.ts";
import type { NetlinkSocket } from "./netlink.ts";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";
import { netlinkAnswer } from "./netlink-request.ts";

/** A message of a generic netlink family (struct genlmsghdr, linux/genetlink.h). */
export interface GenericMessage {
  readonly command: number;
  readonly attributes: readonly Attribute[];
}

/** Bytes of struct genlmsghdr: command, version, two reserved. */
const headerSize = 4;

/** The controller: the one family whose number is fixed (GENL_ID_CTRL). */
const controller = { family: 16, version: 1, getFamily: 3, familyId: 1, familyName: 2 } as const;

/** The lowest number of a message type that is no netlink control message (NLMSG_MIN_TYPE). */
const lowestFamily = 16;

/** What to ask a family. */
export interface GenericRequest {
  readonly family: number;
  readonly version: number;
  readonly command: number;
  readonly attributes: readonly Uint8Array[];
  readonly dump: boolean;
}

/** Asks a family, and returns its whole answer. */
export function genericAnswer(
  socket: NetlinkSocket,
  request: GenericRequest,
): Result.Result<readonly GenericMessage[], NetlinkError> {
  const { family, version, command, attributes, dump } = request;
  const body = joined([new Uint8Array([command, version, 0, 0]), ...attributes]);
  return Result.gen(function* () {
    const answer = yield* netlinkAnswer(socket, { type: family, body, dump });
    const found: GenericMessage[] = [];
    for (const message of answer) {
      if (message.type !== family) {
        const words = `netlink: an answer of family ${message.type}, not ${family}`;
        return yield* Result.fail(netlinkError("malformed", words));
      }
      found.push(yield* readGeneric(message.body));
    }
    return found;
  });
}

/**
 * The number of a family, by its name; `refused` with ENOENT where the kernel has none. The kernel
 * loads the module that has it, if there is one.
 */
export function genericFamily(
  socket: NetlinkSocket,
  name: string,
): Result.Result<number, NetlinkError> {
  return Result.gen(function* () {
    const [answer] = yield* genericAnswer(socket, {
      family: controller.family,
      version: controller.version,
      command: controller.getFamily,
      attributes: [attribute(controller.familyName, textBytes(name))],
      dump: false,
    });
    const id = answer?.attributes.find(({ type }) => type === controller.familyId);
    const number = id === undefined ? 0n : yield* readUnsigned(id.value, 2);
    if (number < lowestFamily) {
      return yield* Result.fail(netlinkError("malformed", "netlink: a family without a number"));
    }
    return Number(number);
  });
}

function readGeneric(body: Uint8Array): Result.Result<GenericMessage, NetlinkError> {
  const command = body[0];
  if (command === undefined || body.length < headerSize) {
    return Result.fail(netlinkError("malformed", "netlink: a generic message too short"));
  }
  return Result.map(readAttributes(body.subarray(headerSize)), (attributes) => ({
    command,
    attributes,
  }));
}
