import type { LedgerEvent } from "#core/journal/event.ts";
import type { Node } from "#core/node/node.ts";
import { type Step, step } from "#core/node/step.ts";
import type { Message } from "#core/peer/message.ts";
import { encodeMessage } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import {
  deliver,
  feed,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  smallTerms,
  traffic,
} from "../simulator/line-world.ts";
import type { WorldOptions } from "../simulator/world.ts";

/** A message that an honest neighbour sent, and the node just before it arrived. */
export interface Scene {
  readonly receiver: Node;
  readonly neighbour: number;
  readonly bytes: Uint8Array;
  readonly message: Message;
  /** What it led to. */
  readonly events: readonly LedgerEvent[];
}

/** Two neighbours that send each other bytes and money. */
export function livelyPair(options: Partial<WorldOptions> = {}): LineWorld {
  return lineWorld({
    terms: smallTerms,
    deposit: 1_000_000n,
    grainsPerUnit: 1n,
    prices: [2n, 3n],
    ...options,
  });
}

/** Everything that the pair says in a short life, message by message. */
export function scenesOf(world: LineWorld, rounds = 6): readonly Scene[] {
  const scenes: Scene[] = [];
  const arrive = (): void => {
    for (let i = 0; world.air.length > 0 && i < 200; i++) {
      const datagram = world.air[0];
      if (datagram === undefined) return;
      const receiver = nodeAt(world, datagram.to).node;
      const message = decodeMessage(datagram.bytes);
      if (typeof message === "string") throw new Error(message);
      const { neighbour, bytes } = datagram;
      const { events } = step(receiver, { type: "Datagram", neighbour, bytes });
      scenes.push({ receiver, neighbour, bytes, message, events });
      deliver(world, 0, false);
    }
  };
  for (let round = 0; round < rounds; round++) {
    for (const i of [0, 1]) {
      read(world, i);
      feed(world, i, { type: "Poke" });
      feed(world, i, { type: "Wish", wish: { type: "Settle" } });
    }
    arrive();
    traffic(world, 0, 0, 7n, 100n);
    traffic(world, 0, 1, 5n, 0n);
  }
  return scenes;
}

/** One scene of every kind of message, preferably one that changed the ledger. */
export function sceneOfEach(scenes: readonly Scene[]): readonly Scene[] {
  return (["HELLO", "LEASE", "VOUCHER", "STATEMENT", "ADVERT"] as const).map((type) => {
    const all = scenes.filter((scene) => scene.message.type === type);
    const found = all.find((scene) => scene.events.length > 0) ?? all[all.length - 1];
    if (found === undefined) throw new Error(`nobody said ${type}`);
    return found;
  });
}

/** The bytes arrive at the receiver of a scene. */
export function arriveAt(scene: Scene, bytes: Uint8Array, receiver = scene.receiver): Step {
  return step(receiver, { type: "Datagram", neighbour: scene.neighbour, bytes });
}

/** A message arrives at the receiver of a scene. */
export function sayTo(scene: Scene, message: Message): Step {
  return arriveAt(scene, encodeMessage(message));
}

/** How often anything was refused by a node from a neighbour. */
export function refusedBy(node: Node, neighbour: number): Readonly<Record<string, number>> {
  return (node.live[neighbour]?.refusals ?? {}) as Readonly<Record<string, number>>;
}

/** Which refusals were counted in a step, with how often. */
export function newRefusals(before: Node, after: Node, neighbour = 0): Record<string, number> {
  const found: Record<string, number> = {};
  const known = refusedBy(before, neighbour);
  for (const [why, count] of Object.entries(refusedBy(after, neighbour))) {
    const more = count - (known[why] ?? 0);
    if (more > 0) found[why] = more;
  }
  return found;
}
