import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Result from "effect/Result";
import { littleEndian, viewOf } from "./attribute.ts";
import {
  datagramLimit,
  Netlink,
  type NetlinkProtocol,
  type NetlinkSocket,
  type Received,
} from "./netlink.ts";
import { NetlinkError, netlinkError } from "./netlink-error.ts";

/**
 * Netlink by system calls through koffi, which is loaded when the first socket is opened: a router
 * whose tunnels need no netlink never pays for it (9 MB of memory). Where it does not load, opening
 * fails with `unavailable`.
 */
export const koffiNetlink: Layer.Layer<Netlink> = Layer.effect(
  Netlink,
  Effect.gen(function* () {
    const libc = yield* Effect.cached(loadLibc());
    return Netlink.of({
      open: (protocol, groups) =>
        Effect.acquireRelease(
          Effect.flatMap(libc, (calls) => Effect.fromResult(open(calls, protocol, groups))),
          ({ close }) => Effect.sync(close),
        ),
    });
  }),
);

/** The system calls that a netlink socket takes. Numbers are C's `int` and `size_t`. */
interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, size: number) => number;
  readonly sendto: (
    fd: number,
    bytes: Uint8Array,
    size: number,
    flags: number,
    to: Uint8Array,
    toSize: number,
  ) => number;
  readonly recvfrom: (
    fd: number,
    bytes: Uint8Array,
    size: number,
    flags: number,
    from: Uint8Array,
    fromSize: Uint32Array,
  ) => number;
  readonly close: (fd: number) => number;
  readonly errno: () => number;
}

/** Not a literal in `import`: a bundler must leave the native module alone. */
const koffiName: string = "koffi";

const loadLibc = (): Effect.Effect<Libc, NetlinkError> =>
  Effect.tryPromise({
    try: async (): Promise<Libc> => {
      const { default: koffi }: typeof import("koffi") = await import(koffiName);
      const calls = koffi.load(null);
      return {
        socket: calls.func("int socket(int, int, int)"),
        bind: calls.func("int bind(int, void *, uint32_t)"),
        sendto: calls.func("long sendto(int, void *, size_t, int, void *, uint32_t)"),
        recvfrom: calls.func("long recvfrom(int, void *, size_t, int, void *, void *)"),
        close: calls.func("int close(int)"),
        errno: () => koffi.errno(),
      };
    },
    catch: () =>
      netlinkError("unavailable", "netlink needs the optional package koffi, which does not load"),
  });

/** AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC; the same on every processor that koffi has. */
const family = 16;
const socketType = 3 | 0o2000000;

/** MSG_DONTWAIT, and MSG_TRUNC: tell the whole length of a datagram that did not fit. */
const receiveFlags = 0x40 | 0x20;
const sendFlags = 0x40;

/** Bytes of struct sockaddr_nl: family, padding, port, groups. */
const addressSize = 12;

/** How often in a row a signal may interrupt one call. */
const interruptionLimit = 100;

const { EAGAIN, EINTR, ENOBUFS } = constants.errno;

interface OpenSocket extends NetlinkSocket {
  readonly close: () => void;
}

function open(
  libc: Libc,
  protocol: NetlinkProtocol,
  groups: number,
): Result.Result<OpenSocket, NetlinkError> {
  const fd = libc.socket(family, socketType, protocol);
  if (fd < 0) return failed("socket", libc.errno());
  if (libc.bind(fd, address(groups), addressSize) < 0) {
    const errorNumber = libc.errno();
    libc.close(fd);
    return failed("bind", errorNumber);
  }
  const buffer = new Uint8Array(datagramLimit);
  return Result.succeed({
    send: (bytes) => send(libc, fd, bytes),
    receive: () => receive(libc, fd, buffer),
    close: () => void libc.close(fd),
  });
}

const kernel = address(0);

function address(groups: number): Uint8Array {
  const bytes = new Uint8Array(addressSize);
  const view = viewOf(bytes);
  view.setUint16(0, family, littleEndian);
  view.setUint32(8, groups, littleEndian);
  return bytes;
}

function send(libc: Libc, fd: number, bytes: Uint8Array): Result.Result<void, NetlinkError> {
  const sent = uninterrupted(libc, () =>
    libc.sendto(fd, bytes, bytes.length, sendFlags, kernel, addressSize),
  );
  return sent.count < 0 ? failed("sendto", sent.errorNumber) : Result.void;
}

function receive(
  libc: Libc,
  fd: number,
  buffer: Uint8Array,
): Result.Result<Received, NetlinkError> {
  const from = new Uint8Array(addressSize);
  const { count, errorNumber } = uninterrupted(libc, () =>
    libc.recvfrom(fd, buffer, buffer.length, receiveFlags, from, new Uint32Array([addressSize])),
  );
  if (count < 0) {
    if (errorNumber === EAGAIN) return Result.succeed({ kind: "Empty" });
    if (errorNumber === ENOBUFS) return Result.succeed({ kind: "Overrun" });
    return failed("recvfrom", errorNumber);
  }
  if (count > buffer.length) {
    const words = `netlink: a datagram of ${count} bytes; at most ${buffer.length}`;
    return Result.fail(netlinkError("too much", words));
  }
  const bytes = buffer.slice(0, count);
  buffer.fill(0, 0, count); // it may have held keys
  // Only the kernel has port 0; what another process sent is as good as nothing.
  const fromKernel = viewOf(from).getUint32(4, littleEndian) === 0;
  return Result.succeed({ kind: "Datagram", bytes: fromKernel ? bytes : new Uint8Array() });
}

function uninterrupted(
  libc: Libc,
  call: () => number,
): { readonly count: number; readonly errorNumber: number } {
  for (let attempt = 1; ; attempt++) {
    const count = Number(call());
    const errorNumber = count < 0 ? libc.errno() : 0;
    if (errorNumber !== EINTR || attempt >= interruptionLimit) return { count, errorNumber };
  }
}

function failed(call: string, errorNumber: number): Result.Result<never, NetlinkError> {
  const words = `netlink: ${call} failed: ${getSystemErrorName(-errorNumber)}`;
  return Result.fail(new NetlinkError({ problem: "system", words, errorNumber }));
}
