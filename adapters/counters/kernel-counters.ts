import { constants } from "node:os";
import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { attribute, textBytes } from "#adapters/netlink/attribute.ts";
import { genericAnswer, genericFamily } from "#adapters/netlink/generic-netlink.ts";
import type { NetlinkSocket } from "#adapters/netlink/netlink.ts";
import type { NetlinkError } from "#adapters/netlink/netlink-error.ts";
import { type CounterReading, CountersError } from "./counters.ts";
import { deviceReadings, wireguardFamily } from "./wireguard-device.ts";

/**
 * Reads one interface's counters from the kernel's WireGuard; undefined where this kernel has none
 * or this process has no netlink, and another way must be taken.
 */
export type KernelReader = (
  interfaceName: string,
) => Effect.Effect<readonly CounterReading[] | undefined, CountersError>;

/** A reader over a generic netlink socket that is opened when it is first needed. */
export function kernelReader(socket: Effect.Effect<NetlinkSocket, NetlinkError>): KernelReader {
  // Modules come and go: the number is asked for again when the kernel does not know it any more.
  let family: number | undefined;
  const read = (open: NetlinkSocket, name: string) => {
    const known = family !== undefined;
    const answer = Result.gen(function* () {
      family ??= yield* genericFamily(open, wireguardFamily.name);
      return yield* device(open, family, name);
    });
    if (!refusedWith(answer, ENOENT)) return answer;
    family = undefined;
    return known ? "unloaded" : answer;
  };
  return (interfaceName) =>
    socket.pipe(
      Effect.flatMap((open) => {
        const first = read(open, interfaceName);
        const answer = first === "unloaded" ? read(open, interfaceName) : first;
        return answer === "unloaded" ? Effect.succeed(undefined) : Effect.fromResult(answer);
      }),
      Effect.catch((error) => otherwise(interfaceName, error)),
    );
}

const { ENOENT, ENODEV, EOPNOTSUPP } = constants.errno;

function device(
  socket: NetlinkSocket,
  family: number,
  name: string,
): Result.Result<readonly CounterReading[], NetlinkError> {
  const asked = genericAnswer(socket, {
    family,
    version: wireguardFamily.version,
    command: wireguardFamily.getDevice,
    attributes: [attribute(wireguardFamily.interfaceName, textBytes(name))],
    dump: true,
  });
  const readings = Result.flatMap(asked, (answer) => deviceReadings(name, answer));
  if (Result.isSuccess(asked)) {
    // The answer held the private key.
    for (const { attributes } of asked.success) for (const { value } of attributes) value.fill(0);
  }
  return readings;
}

/** No such interface is no error; no WireGuard here or no netlink is for the next way to answer. */
function otherwise(
  interfaceName: string,
  error: NetlinkError,
): Effect.Effect<readonly CounterReading[] | undefined, CountersError> {
  if (error.problem === "unavailable") return Effect.succeed(undefined);
  if (error.problem === "refused" && error.errorNumber === ENOENT) return Effect.succeed(undefined);
  if (error.problem === "refused" && error.errorNumber === ENODEV) return Effect.succeed([]);
  const strange = error.problem === "refused" && error.errorNumber === EOPNOTSUPP;
  const words = strange ? "is no WireGuard interface" : error.words;
  return Effect.fail(new CountersError({ words: `${interfaceName}: ${words}` }));
}

function refusedWith<A>(answer: Result.Result<A, NetlinkError>, errorNumber: number): boolean {
  if (Result.isSuccess(answer)) return false;
  return answer.failure.problem === "refused" && answer.failure.errorNumber === errorNumber;
}
