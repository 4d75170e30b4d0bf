import type { LedgerEvent } from "#core/journal/event.ts";
import type {
  Advert,
  ChannelMessage,
  LeaseMessage,
  Statement,
  VoucherMessage,
} from "#core/peer/message.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { isPossibleChannel, sameChannel } from "#core/settlement/channel.ts";
import { noMoney } from "#core/units/money.ts";
import { positionLimit } from "#core/units/position.ts";
import { configure } from "./configuring.ts";
import { creditHeld, takeVoucher } from "./crediting.ts";
import {
  askToWithdraw,
  beginEnding,
  dealingsAreWanting,
  sendDealings,
  takeDealings,
} from "./dealing.ts";
import { actAsPayee, tellStanding } from "./granting.ts";
import {
  greet,
  sendStatement,
  statementIsDue,
  takeAdvert,
  takeHello,
  takeStatement,
} from "./greeting.ts";
import type { Defence, Input, Wish } from "./input.ts";
import { takeLeases } from "./leasing.ts";
import { isBetweenUs } from "./meeting.ts";
import { journalPositions, takeReadings } from "./metering.ts";
import { monitor } from "./monitor.ts";
import type { Node } from "./node.ts";
import type { Output } from "./output.ts";
import { actAsPayer, restateTotals, sendVoucher, voucherIsWanting } from "./paying.ts";
import {
  type Acting,
  acting,
  beginTurn,
  record,
  refuse,
  refuseAbsent,
  revise,
  type Turn,
} from "./turn.ts";

/** What one input led to. */
export interface Step {
  /** The node as it is once the events are durable. */
  readonly node: Node;
  /** To be journaled, synced, before any output is performed. */
  readonly events: readonly LedgerEvent[];
  readonly outputs: readonly Output[];
}

/**
 * The only door of the core: (node, input) -> (node, events, outputs). Pure and total: no clock, no
 * chance, no effect; bad input is refused and counted, never thrown. The shell journals the events,
 * then believes the node, then performs the outputs (architecture: journal -> believe -> act).
 */
export function step(node: Node, input: Input): Step {
  const turn = beginTurn(node);
  take(turn, input);
  monitor(turn);
  return {
    node: { ...turn.node, live: turn.live },
    events: turn.events,
    outputs: turn.outputs,
  };
}

function take(turn: Turn, input: Input): void {
  switch (input.type) {
    case "Configured":
      return configure(turn, input);
    case "Readings":
      return takeReadings(turn, input.readings);
    case "Datagram":
      return takeDatagram(turn, input.neighbour, input.bytes);
    case "ChannelFact":
      return takeChannelFact(turn, input);
    case "Wish":
      return grantWish(turn, input.wish);
    case "Poke":
      return look(turn);
  }
}

function takeDatagram(turn: Turn, neighbour: number, bytes: Uint8Array): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return refuseAbsent(turn, neighbour);
  const message = decodeMessage(bytes, turn.node.versions.newest);
  if (typeof message === "string") return refuse(turn, neighbour, message);
  if (message.sender !== of.ledger.id) {
    return refuse(turn, neighbour, "message of another sender");
  }
  if (message.type === "HELLO") return takeHello(turn, neighbour, of, message);
  if (isBetweenUs(turn, neighbour, message)) takeStated(turn, neighbour, of, message);
}

function takeStated(
  turn: Turn,
  neighbour: number,
  of: Acting,
  message: LeaseMessage | VoucherMessage | Statement | Advert | ChannelMessage,
): void {
  switch (message.type) {
    case "LEASE":
      return takeLeases(turn, neighbour, message);
    case "VOUCHER":
      return takeVoucher(turn, neighbour, message);
    case "STATEMENT":
      return takeStatement(turn, neighbour, of, message);
    case "ADVERT":
      return takeAdvert(turn, neighbour, of, message);
    case "CHANNEL":
      return takeDealings(turn, neighbour, message);
  }
}

/** A fact told twice changes nothing; deposits may cover a voucher that was kept. */
function takeChannelFact(turn: Turn, input: Extract<Input, { type: "ChannelFact" }>): void {
  const { neighbour, channel } = input;
  const of = acting(turn, neighbour);
  if (of === undefined) return refuseAbsent(turn, neighbour);
  const known = of.ledger.channel;
  if (!isPossibleChannel(channel)) return refuse(turn, neighbour, "channel fact out of range");
  if (known !== undefined && sameChannel(known, channel)) return;
  record(turn, { type: "ChannelSeen", neighbour, channel });
  if (known !== undefined && known.channelId !== channel.channelId) {
    revise(turn, neighbour, { acknowledged: noMoney });
  }
  restateTotals(turn, neighbour);
  creditHeld(turn, neighbour);
  actAsPayer(turn, neighbour, false);
  actAsPayee(turn, neighbour);
}

function grantWish(turn: Turn, wish: Wish): void {
  switch (wish.type) {
    case "LimitSpending": {
      const of = acting(turn, wish.neighbour);
      if (of === undefined) return refuseAbsent(turn, wish.neighbour);
      if (of.ledger.spendingLimit === wish.limit) return;
      record(turn, { type: "SpendingLimited", neighbour: wish.neighbour, limit: wish.limit });
      return actAsPayer(turn, wish.neighbour, false);
    }
    case "Withdraw":
      return askToWithdraw(turn, wish.neighbour, wish.total);
    case "EndChannel":
      return beginEnding(turn, wish.neighbour);
    case "Defend":
      return defend(turn, wish.neighbour, wish.defence);
    case "Settle":
      for (const neighbour of turn.node.ledger.neighbours.keys()) {
        journalPositions(turn, neighbour);
        actAsPayer(turn, neighbour, true);
        actAsPayee(turn, neighbour);
        sendStatement(turn, neighbour);
      }
  }
}

/** Live only: what is refused for junk leaves no trace in any account but what is not bought. */
function defend(turn: Turn, neighbour: number, defence: Defence): void {
  if (acting(turn, neighbour) === undefined) return refuseAbsent(turn, neighbour);
  const { junk, undue } = defence;
  if (undue < 0n || undue > junk || junk > positionLimit) {
    return refuse(turn, neighbour, "junk out of range");
  }
  revise(turn, neighbour, { defence });
  tellStanding(turn, neighbour);
  actAsPayer(turn, neighbour, false);
}

/** P4 and the like: whatever should be said again, and whatever may now be leased. */
function look(turn: Turn): void {
  for (const neighbour of turn.node.ledger.neighbours.keys()) {
    const of = acting(turn, neighbour);
    if (of?.live.policy === undefined) continue; // it is nobody's neighbour now
    if (of.live.hello === undefined || !of.live.greeted) greet(turn, neighbour, of);
    actAsPayer(turn, neighbour, false);
    actAsPayee(turn, neighbour);
    const now = acting(turn, neighbour);
    if (now !== undefined && voucherIsWanting(now)) sendVoucher(turn, neighbour);
    if (now !== undefined && dealingsAreWanting(now)) sendDealings(turn, neighbour);
    if (now !== undefined && statementIsDue(now)) sendStatement(turn, neighbour);
  }
}
