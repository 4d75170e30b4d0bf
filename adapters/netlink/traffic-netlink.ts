import * as Result from "effect/Result";
import {
  type Attribute,
  littleEndian,
  readAttributes,
  readText,
  readUnsigned,
  viewOf,
} from "./attribute.ts";
import type { NetlinkSocket } from "./netlink.ts";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";
import { netlinkAnswer } from "./netlink-request.ts";

/** RTM_GETQDISC and RTM_GETTCLASS (linux/rtnetlink.h). */
const types = { qdiscs: 38, classes: 42 } as const;

/** Bytes of struct tcmsg: family, interface, handle, parent, info. */
const headerSize = 20;

/** TCA_KIND and TCA_OPTIONS; the longest kind that is read. */
const attributes = { kind: 1, options: 2 } as const;
const kindLimit = 31;

/** A queueing discipline or a class, as the kernel lists it. */
export interface ListedQueue {
  readonly interfaceIndex: number;
  /** Major and minor number, 16 bits each. */
  readonly handle: number;
  readonly parent: number;
  /** The discipline; of a class, that which it belongs to. */
  readonly kind: string;
  /** What the discipline says of itself, in its own form. */
  readonly options: Uint8Array;
}

/** All queueing disciplines of this network namespace. */
export function listQdiscs(
  socket: NetlinkSocket,
): Result.Result<readonly ListedQueue[], NetlinkError> {
  return list(socket, types.qdiscs, 0);
}

/** The classes of one interface. */
export function listClasses(
  socket: NetlinkSocket,
  interfaceIndex: number,
): Result.Result<readonly ListedQueue[], NetlinkError> {
  return list(socket, types.classes, interfaceIndex);
}

function list(
  socket: NetlinkSocket,
  type: number,
  interfaceIndex: number,
): Result.Result<readonly ListedQueue[], NetlinkError> {
  const body = new Uint8Array(headerSize);
  viewOf(body).setInt32(4, interfaceIndex, littleEndian);
  return Result.gen(function* () {
    const answer = yield* netlinkAnswer(socket, { type, body, dump: true });
    const found: ListedQueue[] = [];
    for (const message of answer) found.push(yield* readQueue(message.body));
    return found;
  });
}

/** One message of the list. Refuses what is too short, or says no kind. */
export function readQueue(body: Uint8Array): Result.Result<ListedQueue, NetlinkError> {
  return Result.gen(function* () {
    if (body.length < headerSize) return yield* malformed("a queue's message too short");
    const view = viewOf(body);
    const all = yield* readAttributes(body.subarray(headerSize));
    const kind = all.find(({ type }) => type === attributes.kind);
    if (kind === undefined) return yield* malformed("a queue without a kind");
    const options = all.find(({ type }) => type === attributes.options);
    return {
      interfaceIndex: view.getInt32(4, littleEndian),
      handle: view.getUint32(8, littleEndian),
      parent: view.getUint32(12, littleEndian),
      kind: yield* readText(kind.value, kindLimit),
      options: options?.value ?? new Uint8Array(),
    };
  });
}

/** TCA_HTB_PARMS, TCA_HTB_INIT, TCA_HTB_RATE64 and TCA_HTB_CEIL64 (linux/pkt_sched.h). */
const htb = { parameters: 1, root: 2, rate64: 6, ceil64: 7 } as const;

/** Bytes of struct tc_htb_opt, and of struct tc_htb_glob before its debug field. */
const htbClassSize = 44;
const htbRootSize = 12;

/** What an HTB class may send, in bytes a second, and when. */
export function readHtbClass(
  options: Uint8Array,
): Result.Result<
  { readonly rate: bigint; readonly ceil: bigint; readonly prio: bigint },
  NetlinkError
> {
  return Result.gen(function* () {
    const all = yield* readAttributes(options);
    const parameters = all.find(({ type }) => type === htb.parameters)?.value;
    if (parameters === undefined || parameters.length < htbClassSize) {
      return yield* malformed("an HTB class without its parameters");
    }
    const view = viewOf(parameters);
    const small = (at: number) => BigInt(view.getUint32(at, littleEndian));
    return {
      rate: (yield* large(all, htb.rate64)) ?? small(8),
      ceil: (yield* large(all, htb.ceil64)) ?? small(20),
      prio: small(40),
    };
  });
}

/** Rates of 2^32 bytes a second and more stand apart. */
function large(
  all: readonly Attribute[],
  type: number,
): Result.Result<bigint | undefined, NetlinkError> {
  const found = all.find((one) => one.type === type);
  return found === undefined ? Result.succeed(undefined) : readUnsigned(found.value, 8);
}

/** The minor number of the class for packets that say none. */
export function readHtbDefault(options: Uint8Array): Result.Result<number, NetlinkError> {
  return Result.gen(function* () {
    const root = (yield* readAttributes(options)).find(({ type }) => type === htb.root)?.value;
    if (root === undefined || root.length < htbRootSize) {
      return yield* malformed("an HTB without its parameters");
    }
    return viewOf(root).getUint32(8, littleEndian);
  });
}

/** TCA_FQ_CODEL_MEMORY_LIMIT. */
const memoryLimit = 9;

/** The most bytes that fq_codel keeps; nothing where it does not tell. */
export function readFqCodelLimit(
  options: Uint8Array,
): Result.Result<bigint | undefined, NetlinkError> {
  return Result.gen(function* () {
    const found = (yield* readAttributes(options)).find(({ type }) => type === memoryLimit);
    return found === undefined ? undefined : yield* readUnsigned(found.value, 4);
  });
}

/** TCA_CAKE_BASE_RATE64. */
const baseRate = 2;

/** The rate of cake, in bytes a second. */
export function readCakeRate(options: Uint8Array): Result.Result<bigint | undefined, NetlinkError> {
  return Result.gen(function* () {
    const found = (yield* readAttributes(options)).find(({ type }) => type === baseRate);
    return found === undefined ? undefined : yield* readUnsigned(found.value, 8);
  });
}

/** The limit of bfifo (struct tc_fifo_qopt, bytes) or of sfq (struct tc_sfq_qopt, packets). */
export function readFifoLimit(
  kind: "bfifo" | "sfq",
  options: Uint8Array,
): Result.Result<bigint, NetlinkError> {
  const at = kind === "bfifo" ? 0 : 8;
  if (options.length < at + 4) return malformed(`a ${kind} without its limit`);
  return Result.succeed(BigInt(viewOf(options).getUint32(at, littleEndian)));
}

function malformed(words: string): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("malformed", `netlink: ${words}`));
}
