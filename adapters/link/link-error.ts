import * as Data from "effect/Data";
import type { NodeId } from "#core/units/node-id.ts";

/** Everything that sending a datagram can end in. The message is lost; the session sends again. */
export type LinkError = DatagramTooLarge | UnknownNeighbour | LinkDown;

/** More bytes than one datagram of the protocol carries: a fault of the caller. */
export class DatagramTooLarge extends Data.TaggedError("DatagramTooLarge")<{
  readonly found: number;
  readonly allowed: number;
}> {
  override get message(): string {
    return `a datagram has at most ${this.allowed} bytes, found ${this.found}`;
  }
}

/** No such neighbour on this link. */
export class UnknownNeighbour extends Data.TaggedError("UnknownNeighbour")<{
  readonly neighbour: NodeId;
}> {
  override get message(): string {
    return `no neighbour ${this.neighbour} on this link`;
  }
}

/** The neighbour's interface is not there (yet), or refused the datagram. Passes by itself. */
export class LinkDown extends Data.TaggedError("LinkDown")<{
  readonly neighbour: NodeId;
  readonly interfaceName: string;
  readonly reason: string;
}> {
  override get message(): string {
    return `cannot send on ${this.interfaceName} to ${this.neighbour}: ${this.reason}`;
  }
}

/** A link that cannot be made as described. Says which part, what was found and what is allowed. */
export class LinkMisconfigured extends Data.TaggedError("LinkMisconfigured")<{
  readonly part: string;
  readonly found: string;
  readonly allowed: string;
}> {
  override get message(): string {
    return `link ${this.part}: found ${this.found}, allowed is ${this.allowed}`;
  }
}
