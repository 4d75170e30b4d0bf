import type { ChannelMessage } from "#core/peer/message.ts";
import { channelDigest, encodeMessage } from "#core/peer/message-form.ts";
import { addressOf } from "#core/settlement/address.ts";
import type { Channel } from "#core/settlement/channel.ts";
import { type ChannelBooks, mayPermitTotal, mostToWithdraw } from "#core/settlement/cover.ts";
import type { Final, Permit } from "#core/settlement/dealings.ts";
import { finalDigest, permitDigest } from "#core/settlement/typed-data.ts";
import type { TokenUnits } from "#core/units/money.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { headTo } from "./meeting.ts";
import { actAsPayer, sendVoucher } from "./paying.ts";
import { type Acting, acting, record, refuse, refuseAbsent, type Turn } from "./turn.ts";

const none = 0n as TokenUnits;

/** An operator wants money out of a channel that goes on: the neighbour must sign for it. */
export function askToWithdraw(turn: Turn, neighbour: number, total: TokenUnits): void {
  const books = openBooks(turn, neighbour);
  if (books === undefined) return;
  if (total > mostToWithdraw(books)) {
    return refuse(turn, neighbour, "withdrawal beyond what is free");
  }
  if (total > books.dealings.asked) record(turn, { type: "WithdrawalAsked", neighbour, total });
  sendDealings(turn, neighbour);
}

/** An operator wants the channel closed with the neighbour's consent: what is owed is paid first. */
export function beginEnding(turn: Turn, neighbour: number): void {
  const books = openBooks(turn, neighbour);
  if (books === undefined) return;
  if (!books.dealings.ending) end(turn, neighbour);
  sendDealings(turn, neighbour);
}

/** Pays everything that is owed, and signs nothing more on this channel. */
function end(turn: Turn, neighbour: number): void {
  actAsPayer(turn, neighbour, true);
  record(turn, { type: "EndingBegun", neighbour });
}

/** A CHANNEL came: what the neighbour asks for, and what it signed. Answered where it lacks anything. */
export function takeDealings(turn: Turn, neighbour: number, message: ChannelMessage): void {
  const books = openBooks(turn, neighbour);
  const of = acting(turn, neighbour);
  if (books === undefined || of === undefined) return;
  if (message.recipient !== turn.node.signer.id) {
    return refuse(turn, neighbour, "message for another recipient");
  }
  if (message.channelId !== books.channel.channelId) {
    return refuse(turn, neighbour, "another channel than ours");
  }
  if (!turn.node.holds(of.ledger.id, channelDigest(message), message.signature)) {
    return refuse(turn, neighbour, "bad signature");
  }
  recallPermit(turn, neighbour, books.channel, message.holds);
  grantPermit(turn, neighbour, message.asked);
  takePermit(turn, neighbour, books.channel, message.permit);
  followEnding(turn, neighbour, message);
  if (lacks(turn, neighbour, message)) sendDealings(turn, neighbour);
}

/** A permit of ours that our journal does not have: our disk was lost, our signature proves it. */
function recallPermit(
  turn: Turn,
  neighbour: number,
  channel: Channel,
  held: Permit | undefined,
): void {
  const of = acting(turn, neighbour);
  if (of === undefined || held === undefined || held.total <= of.ledger.dealings.permitted) return;
  if (!permitHolds(turn, channel, held, of.ledger.id, turn.node.signer.id)) {
    return refuse(turn, neighbour, "bad signature");
  }
  record(turn, { type: "PermitRecalled", neighbour, permit: held });
}

/** The permit rule: signed where what we credited stays in the channel. Journaled before it is sent. */
function grantPermit(turn: Turn, neighbour: number, asked: TokenUnits): void {
  const of = acting(turn, neighbour);
  const books = of === undefined ? undefined : booksOf(of);
  if (of === undefined || books === undefined || asked <= books.dealings.permitted) return;
  if (addressOf(of.ledger.id) === undefined) return refuse(turn, neighbour, "no such party");
  if (!mayPermitTotal(books, asked)) {
    return refuse(turn, neighbour, "withdrawal beyond what is free");
  }
  record(turn, { type: "PermitSigned", neighbour, total: asked });
}

function takePermit(
  turn: Turn,
  neighbour: number,
  channel: Channel,
  permit: Permit | undefined,
): void {
  const of = acting(turn, neighbour);
  if (of === undefined || permit === undefined) return;
  if (permit.total <= (of.ledger.dealings.permit?.total ?? none)) return;
  if (!permitHolds(turn, channel, permit, turn.node.signer.id, of.ledger.id)) {
    return refuse(turn, neighbour, "bad signature");
  }
  record(turn, { type: "PermitTaken", neighbour, permit });
}

function permitHolds(
  turn: Turn,
  channel: Channel,
  { total, signature }: Permit,
  party: NodeId,
  signer: NodeId,
): boolean {
  const address = addressOf(party);
  if (address === undefined) return false;
  return turn.node.holds(signer, permitDigest(channel, address, total), signature);
}

/**
 * The neighbour signs no more: neither do we. Once both know the same totals, both sign them, and
 * from then on nothing more is credited: what is signed is what the contract will pay.
 */
function followEnding(turn: Turn, neighbour: number, message: ChannelMessage): void {
  if (!message.ending) return;
  if (acting(turn, neighbour)?.ledger.dealings.ending === false) end(turn, neighbour);
  const of = acting(turn, neighbour);
  const books = of === undefined ? undefined : booksOf(of);
  if (of === undefined || books === undefined) return;
  const { dealings } = books;
  const totals = totalsOf(books);
  const drained = message.totals.in === totals.out && message.totals.out === totals.in;
  if (!drained) return sendVoucher(turn, neighbour);
  if (dealings.final === undefined) record(turn, { type: "FinalSigned", neighbour, final: totals });
  if (message.final === undefined || dealings.finalTaken !== undefined) return;
  const digest = finalDigestOf(turn, of.ledger.id, books.channel, dealings.final ?? totals);
  if (digest === undefined || !turn.node.holds(of.ledger.id, digest, message.final)) {
    return refuse(turn, neighbour, "bad signature");
  }
  record(turn, { type: "FinalTaken", neighbour, signature: message.final });
}

/** Whether the neighbour, by its own word, has not got something that we have for it. */
function lacks(turn: Turn, neighbour: number, message: ChannelMessage): boolean {
  const dealings = acting(turn, neighbour)?.ledger.dealings;
  if (dealings === undefined) return false;
  const permit = dealings.permitted > (message.holds?.total ?? none);
  const final = dealings.final !== undefined && message.ending && !message.taken;
  return permit || final || (dealings.ending && !message.ending);
}

/** Whether something of ours is asked for and has not come yet. */
export function dealingsAreWanting(of: Acting): boolean {
  const { channel, dealings } = of.ledger;
  if (channel?.open !== true) return false;
  const asking = dealings.asked > (dealings.permit?.total ?? none);
  return asking || (dealings.ending && dealings.finalTaken === undefined);
}

/** CHANNEL: all that we agree to, with our signatures for the contract, as the journal has it. */
export function sendDealings(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  const books = of === undefined ? undefined : booksOf(of);
  const head = headTo(turn, neighbour);
  if (of === undefined || books === undefined || head === undefined) return;
  const { channel, dealings } = books;
  const { signer } = turn.node;
  const final = dealings.final && finalDigestOf(turn, of.ledger.id, channel, dealings.final);
  const message: Omit<ChannelMessage, "signature"> = {
    type: "CHANNEL",
    ...head,
    recipient: of.ledger.id,
    channelId: channel.channelId,
    asked: dealings.asked,
    holds: dealings.permit,
    permit: permitFor(turn, of.ledger.id, channel, dealings.permitted),
    ending: dealings.ending,
    totals: dealings.final ?? totalsOf(books),
    final: final && signer.sign(final),
    taken: dealings.finalTaken !== undefined,
  };
  const bytes = encodeMessage({ ...message, signature: signer.sign(channelDigest(message)) });
  turn.outputs.push({ type: "Send", neighbour, bytes });
}

/** Our permit, signed anew from its total: the same bytes each time. */
function permitFor(
  turn: Turn,
  party: NodeId,
  channel: Channel,
  total: TokenUnits,
): Permit | undefined {
  const address = addressOf(party);
  if (total === 0n || address === undefined) return undefined;
  return { total, signature: turn.node.signer.sign(permitDigest(channel, address, total)) };
}

/** What both sign to close with. The contract puts the party with the smaller address first. */
function finalDigestOf(
  turn: Turn,
  neighbour: NodeId,
  channel: Channel,
  final: Final,
): Uint8Array | undefined {
  const [ours, theirs] = [addressOf(turn.node.signer.id), addressOf(neighbour)];
  if (ours === undefined || theirs === undefined) return undefined;
  const totals =
    ours < theirs ? ([final.out, final.in] as const) : ([final.in, final.out] as const);
  return finalDigest(channel, totals);
}

function totalsOf({ signed, credited }: ChannelBooks): Final {
  return { out: signed?.cumulative ?? none, in: credited?.cumulative ?? none };
}

function booksOf({ ledger }: Acting): ChannelBooks | undefined {
  const { channel } = ledger;
  return channel === undefined ? undefined : { ...ledger, channel };
}

/** The books of a channel that is open, or a refusal. */
function openBooks(turn: Turn, neighbour: number): ChannelBooks | undefined {
  const of = acting(turn, neighbour);
  if (of === undefined) {
    refuseAbsent(turn, neighbour);
    return undefined;
  }
  const books = booksOf(of);
  if (books?.channel.open === true) return books;
  refuse(turn, neighbour, books === undefined ? "no channel" : "channel is closing");
  return undefined;
}
