import * as Data from "effect/Data";
import type { NodeId } from "#core/units/node-id.ts";

/** Why a settlement operation was not asked for. Nothing has changed then. */
export type SettlementError =
  | NoChannel
  | ChannelClosed
  | TooManyChannels
  | SettlementFixed
  | ChainRefused;

/** There is no channel with this neighbour. */
export class NoChannel extends Data.TaggedError("NoChannel")<{ readonly peer: NodeId }> {
  override get message(): string {
    return `no channel with ${this.peer}; open one first`;
  }
}

/** The channel is closed, and stays so: its vouchers must not count in another one. */
export class ChannelClosed extends Data.TaggedError("ChannelClosed")<{ readonly peer: NodeId }> {
  override get message(): string {
    return `the channel with ${this.peer} is closed`;
  }
}

/** One channel more than a node can have. */
export class TooManyChannels extends Data.TaggedError("TooManyChannels")<{
  readonly allowed: number;
}> {
  override get message(): string {
    return `a node has at most ${this.allowed} channels`;
  }
}

/** This settlement takes its channels from the configuration, and cannot change them. */
export class SettlementFixed extends Data.TaggedError("SettlementFixed")<{
  readonly peer: NodeId;
  /** What to alter instead. */
  readonly remedy: string;
}> {
  override get message(): string {
    return `the channel with ${this.peer} is fixed by the configuration: ${this.remedy}`;
  }
}

/** The chain cannot be asked, or would refuse. Traffic goes on within credit. */
export class ChainRefused extends Data.TaggedError("ChainRefused")<{
  /** What is wrong, in one word or two. */
  readonly problem: string;
  readonly words: string;
}> {
  override get message(): string {
    return this.words;
  }
}
