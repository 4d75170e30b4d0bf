import { channelIdOf, inOrder } from "#core/settlement/typed-data.ts";
import type { TokenUnits } from "#core/units/money.ts";
import { ChainError } from "./chain-error.ts";
import type { ChainPlace } from "./chain-place.ts";
import type { ClosedChannel, StoredChannel } from "./chain-tools.ts";
import { type AgreedBlock, numberTag, type Quorum } from "./quorum.ts";

type Tools = typeof import("./chain-tools.ts");

/** What the chain has of two parties' channels: those of before, and the one in use. */
export interface ChannelLook {
  readonly id: string;
  /** How many were closed before it. */
  readonly number: bigint;
  readonly stored: StoredChannel;
  /** What was settled on channels of before: signed by a to b, and the reverse. */
  readonly settled: readonly [TokenUnits, TokenUnits];
}

/** Two parties have at most so many channels one after another. */
export const channelNumberLimit = 10_000n;

/** Of channels that are closed, and of blocks that are final: nothing of it changes any more. */
export interface ClosedMemory {
  readonly closed: Map<string, ClosedChannel>;
}

/** A memory of nothing. */
export const newClosedMemory = (): ClosedMemory => ({ closed: new Map() });

/**
 * Looks for the channel of two parties, at a block on which the endpoints agree: the first on these
 * terms that is not closed. Its id follows from its number, so that no log has to be found first.
 * @throws ChainError
 */
export async function lookForChannel(
  tools: Tools,
  place: ChainPlace,
  parties: readonly [string, string],
  quorum: Quorum,
  block: AgreedBlock,
  memory: ClosedMemory,
): Promise<ChannelLook> {
  let settled: readonly [TokenUnits, TokenUnits] = [0n as TokenUnits, 0n as TokenUnits];
  for (let number = 0n; number < channelNumberLimit; number++) {
    const id = channelIdOf({ ...place, parties, number });
    let closed = memory.closed.get(id);
    if (closed === undefined) {
      const stored = await storedAt(tools, place, quorum, block, id);
      if (stored.status !== "closed") return { id, number, stored, settled };
      closed = await closeOf(tools, place, quorum, block, id);
      memory.closed.set(id, closed);
    }
    const [ab, ba] = closed.settled;
    settled = [(settled[0] + ab) as TokenUnits, (settled[1] + ba) as TokenUnits];
  }
  throw new ChainError(
    "wrong contract",
    `more than ${channelNumberLimit} channels of ${inOrder(parties).join(" and ")} are closed`,
  );
}

/** The same channel as one endpoint has it this moment: a hint, which no amount is believed for. */
export async function lookNow(
  tools: Tools,
  place: ChainPlace,
  quorum: Quorum,
  final: ChannelLook,
): Promise<ChannelLook> {
  const question = { to: `0x${place.contract}`, data: tools.channelQuestion(final.id) };
  const answer = await quorum.first("eth_call", [question, "latest"]);
  return { ...final, stored: understood(() => tools.readChannel(String(answer))) };
}

/** A channel at an agreed block. @throws ChainError */
async function storedAt(
  tools: Tools,
  place: ChainPlace,
  quorum: Quorum,
  block: AgreedBlock,
  id: string,
): Promise<StoredChannel> {
  const question = { to: `0x${place.contract}`, data: tools.channelQuestion(id) };
  const answer = await quorum.agreed(block, "eth_call", [question, numberTag(block.number)]);
  return understood(() => tools.readChannel(String(answer)));
}

/** How a channel ended: its log, which is there since it is closed. @throws ChainError */
async function closeOf(
  tools: Tools,
  place: ChainPlace,
  quorum: Quorum,
  block: AgreedBlock,
  id: string,
): Promise<ClosedChannel> {
  const logs = await quorum.agreed(block, "eth_getLogs", [
    {
      address: `0x${place.contract}`,
      fromBlock: numberTag(place.fromBlock),
      toBlock: numberTag(block.number),
      topics: tools.closedTopics(id),
    },
  ]);
  const found = Array.isArray(logs) ? logs[0] : undefined;
  if (found === undefined) {
    throw new ChainError(
      "no quorum",
      `channel ${id} is closed, and no endpoint has the log of it: do they keep logs from block ${place.fromBlock} on?`,
    );
  }
  return understood(() => tools.readClosed(found));
}

function understood<A>(read: () => A): A {
  try {
    return read();
  } catch (error) {
    throw new ChainError(
      "wrong contract",
      `the contract's answer is none of MeshChannels: ${String(error).split("\n")[0]}`,
    );
  }
}
