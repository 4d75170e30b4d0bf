import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { untouched } from "#core/settlement/channel.ts";
import type { ChannelStatus } from "#core/settlement/outlook.ts";
import type { ChannelStep } from "#core/settlement/plan.ts";
import { type TokenUnits, tokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { type FactMailbox, factMailbox } from "./fact-mailbox.ts";
import { pretendChannelId, type SettlementPlace } from "./pretend-channel.ts";
import {
  type Asked,
  type ChannelFact,
  channelLimit,
  Settlement,
  stateWithoutChain,
} from "./settlement.ts";
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

type Pair = readonly [TokenUnits, TokenUnits];

/** A channel; pairs in the order of its nodes. */
interface Entry {
  readonly nodes: readonly [NodeId, NodeId];
  readonly status: ChannelStatus;
  readonly deposits: Pair;
  /** What each signed to the other one, as far as registered. */
  readonly registered: Pair;
  readonly withdrawn: Pair;
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
        const entry: Entry = { ...newEntry(nodes), status: "none" };
        for (const node of nodes)
          mailboxes.get(node)?.tell(factFor(node, channelId, entry, false, place));
      }
    },
  };
}

const nothing: Pair = [tokenUnits(0n), tokenUnits(0n)];

function newEntry(nodes: Entry["nodes"]): Entry {
  return { nodes, status: "open", deposits: nothing, registered: nothing, withdrawn: nothing };
}

function settlement(
  self: NodeId,
  mailbox: FactMailbox,
  read: (peer: NodeId) => Entry | undefined,
  write: (peer: NodeId, entry: Entry) => void,
): Settlement["Service"] {
  const perform = (peer: NodeId, step: ChannelStep): Effect.Effect<Asked, SettlementError> =>
    Effect.suspend((): Effect.Effect<Asked, SettlementError> => {
      const known = read(peer);
      if (known === undefined && step.type !== "Open") return Effect.fail(new NoChannel({ peer }));
      if (known === undefined && mailbox.size() >= channelLimit) {
        return Effect.fail(new TooManyChannels({ allowed: channelLimit }));
      }
      const before = known ?? newEntry([self, peer]);
      const side = before.nodes[0] === self ? 0 : 1;
      if (before.status === "closed" && (step.type === "Open" || step.type === "Deposit")) {
        return Effect.fail(new ChannelClosed({ peer }));
      }
      const after = before.status === "closed" ? before : afterStep(before, side, step);
      if (after === known) return Effect.succeed("done already");
      write(peer, after);
      return Effect.succeed("sent");
    });
  return Settlement.of({
    nextFact: mailbox.next,
    channel: mailbox.known,
    watch: (peer) => Effect.sync(() => mailbox.remind(peer)),
    perform,
    rehearse: () => Effect.succeed(undefined),
    now: () => 0n,
    state: () => stateWithoutChain("a ledger in the memory of this process"),
  });
}

/** An entry after a step of the node on a side; the same entry where nothing changes. */
function afterStep(entry: Entry, side: 0 | 1, step: ChannelStep): Entry {
  switch (step.type) {
    case "Open":
      return raised(entry, "deposits", side, step.deposit);
    case "Deposit":
      return raised(entry, "deposits", side, step.total);
    case "Register":
      return raised(entry, "registered", side === 0 ? 1 : 0, step.voucher.cumulative);
    case "RegisterOurs":
      return raised(entry, "registered", side, step.voucher.cumulative);
    case "Withdraw":
      return raised(entry, "withdrawn", side, step.permit.total);
    case "StartClose":
      return entry.status === "closing" ? entry : { ...entry, status: "closing" };
    case "Finish":
    case "CloseTogether":
      return { ...entry, status: "closed" };
  }
}

function raised(
  entry: Entry,
  what: "deposits" | "registered" | "withdrawn",
  side: 0 | 1,
  total: TokenUnits,
): Entry {
  const [first, second] = entry[what];
  if (total <= entry[what][side]) return entry;
  return { ...entry, [what]: side === 0 ? [total, second] : [first, total] };
}

function factFor(
  node: NodeId,
  channelId: string,
  entry: Entry,
  final: boolean,
  place: SettlementPlace,
): ChannelFact {
  const our = entry.nodes[0] === node ? 0 : 1;
  const their = our === 0 ? 1 : 0;
  const { deposits, withdrawn, registered, status } = entry;
  return {
    channelId,
    chainId: place.chainId,
    contract: place.contract,
    grainsPerUnit: place.grainsPerUnit,
    peer: entry.nodes[their],
    ...untouched,
    depositOut: deposits[our],
    depositIn: deposits[their],
    withdrawnOut: withdrawn[our],
    withdrawnIn: withdrawn[their],
    open: status === "open",
    final,
    outlook: {
      status,
      registeredOut: registered[our],
      registeredIn: registered[their],
      closeAt: 0n,
    },
  };
}
