import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { untouched } from "#core/settlement/channel.ts";
import { type TokenUnits, tokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type FactMailbox, factMailbox } from "./fact-mailbox.ts";
import { pretendChannelId, type SettlementPlace } from "./pretend-channel.ts";
import { type ChannelFact, channelLimit, Settlement } from "./settlement.ts";
import {
  ChannelClosed,
  NoChannel,
  type SettlementError,
  TooManyChannels,
} from "./settlement-error.ts";

/**
 * A chain in memory, shared by the nodes of one process: what one node does, both learn. Facts are
 * provisional at first and become final by hand, as blocks do, or at once.
 */
export interface SharedLedger {
  /** The settlement of one node. A node that begins again is told everything again. */
  readonly settlementOf: (self: NodeId) => Layer.Layer<Settlement>;
  /** Makes everything that has happened so far final. */
  readonly finalize: () => void;
  /** Undoes everything that is not final yet, as a reorganisation of a chain does. */
  readonly reorganise: () => void;
}

interface Entry {
  readonly nodes: readonly [NodeId, NodeId];
  readonly deposits: readonly [TokenUnits, TokenUnits];
  readonly open: boolean;
}

/** By channel id. Entries are never altered, only replaced, so a copy of the map is a snapshot. */
type Entries = ReadonlyMap<string, Entry>;

/** A ledger without channels. @param finality "at once" for where finality does not matter. */
export function sharedLedger(
  place: SettlementPlace,
  finality: "at once" | "by hand" = "at once",
): SharedLedger {
  let latest: Entries = new Map();
  let final: Entries = new Map();
  const mailboxes = new Map<NodeId, FactMailbox>();

  const tell = (channelId: string): void => {
    const entry = latest.get(channelId);
    if (entry === undefined) return;
    for (const node of entry.nodes) {
      mailboxes
        .get(node)
        ?.tell(factFor(node, channelId, entry, final.get(channelId) === entry, place));
    }
  };
  const write = (channelId: string, entry: Entry): void => {
    latest = new Map(latest).set(channelId, entry);
    if (finality === "at once") final = latest;
    tell(channelId);
  };
  const tellAll = (): void => {
    for (const channelId of latest.keys()) tell(channelId);
  };

  return {
    settlementOf: (self) =>
      Layer.sync(Settlement, () => {
        const mailbox = factMailbox();
        mailboxes.set(self, mailbox);
        tellAll();
        const at = (peer: NodeId) => pretendChannelId(place, self, peer);
        return settlement(
          self,
          mailbox,
          (peer) => latest.get(at(peer)),
          (peer, entry) => write(at(peer), entry),
        );
      }),
    finalize: () => {
      final = latest;
      tellAll();
    },
    reorganise: () => {
      const undone = [...latest].filter(([channelId]) => !final.has(channelId));
      latest = final;
      tellAll();
      for (const [channelId, { nodes }] of undone) {
        // A channel that never was: nothing deposited, nothing to be signed on.
        const entry: Entry = { nodes, deposits: [tokenUnits(0n), tokenUnits(0n)], open: false };
        for (const node of nodes)
          mailboxes.get(node)?.tell(factFor(node, channelId, entry, false, place));
      }
    },
  };
}

function settlement(
  self: NodeId,
  mailbox: FactMailbox,
  read: (peer: NodeId) => Entry | undefined,
  write: (peer: NodeId, entry: Entry) => void,
): Settlement["Service"] {
  /** Changes an open channel; nothing happens, and nobody is told, where nothing would change. */
  const change = (
    peer: NodeId,
    to: (entry: Entry) => Entry,
  ): Effect.Effect<void, SettlementError> =>
    Effect.suspend((): Effect.Effect<void, SettlementError> => {
      const entry = read(peer);
      if (entry === undefined) return Effect.fail(new NoChannel({ peer }));
      if (!entry.open) return Effect.fail(new ChannelClosed({ peer }));
      const changed = to(entry);
      return changed === entry ? Effect.void : Effect.sync(() => write(peer, changed));
    });
  const open = (peer: NodeId): Effect.Effect<void, SettlementError> =>
    Effect.suspend((): Effect.Effect<void, SettlementError> => {
      const entry = read(peer);
      if (entry !== undefined) {
        return entry.open ? Effect.void : Effect.fail(new ChannelClosed({ peer }));
      }
      if (mailbox.size() >= channelLimit) {
        return Effect.fail(new TooManyChannels({ allowed: channelLimit }));
      }
      const nothing = tokenUnits(0n);
      write(peer, { nodes: [self, peer], deposits: [nothing, nothing], open: true });
      return Effect.void;
    });
  return Settlement.of({
    nextFact: mailbox.next,
    channel: mailbox.known,
    open,
    deposit: (peer, total) => change(peer, (entry) => deposited(entry, self, total)),
    close: (peer) =>
      Effect.catchTag(
        change(peer, (entry) => ({ ...entry, open: false })),
        "ChannelClosed",
        () => Effect.void,
      ),
  });
}

function deposited(entry: Entry, self: NodeId, total: TokenUnits): Entry {
  const [first, second] = entry.deposits;
  const isFirst = entry.nodes[0] === self;
  if (total <= (isFirst ? first : second)) return entry;
  return { ...entry, deposits: isFirst ? [total, second] : [first, total] };
}

function factFor(
  node: NodeId,
  channelId: string,
  entry: Entry,
  final: boolean,
  place: SettlementPlace,
): ChannelFact {
  const isFirst = entry.nodes[0] === node;
  const [first, second] = entry.deposits;
  return {
    channelId,
    chainId: place.chainId,
    contract: place.contract,
    grainsPerUnit: place.grainsPerUnit,
    peer: isFirst ? entry.nodes[1] : entry.nodes[0],
    depositOut: isFirst ? first : second,
    depositIn: isFirst ? second : first,
    ...untouched,
    open: entry.open,
    final,
  };
}
