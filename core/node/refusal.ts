import type { CounterDoubt } from "#core/meter/meter.ts";
import type { DatagramRefusal } from "#core/peer/message-reader.ts";
import type { LeaseMisfit } from "#core/schedule/schedule.ts";

/** Why an input changed nothing. A closed list; each is counted per neighbour and explained. */
export type Refusal =
  | DatagramRefusal
  | CounterDoubt
  | Exclude<LeaseMisfit, "lease already held">
  | "no common protocol version"
  | "unknown neighbour"
  | "unknown price class"
  | "message of another sender"
  | "message for another recipient"
  | "message for another journal"
  | "message from another journal"
  | "too many lost disks"
  | "lease of another journal"
  | "bad signature"
  | "older than what is known"
  | "stated counter went back"
  | "stated more than was sent"
  | "tunnel key differs from the configured one"
  | "another channel than ours"
  | "lease price above the cap"
  | "price above the neighbour's cap"
  | "too many price changes"
  | "no channel"
  | "channel is closing"
  | "channel fact out of range"
  | "withdrawal beyond what is free"
  | "no such party"
  | "voucher goes down"
  | "voucher does not add up"
  | "voucher beyond the schedule"
  | "voucher above the channel"
  | "credit limit below what is leased"
  | "terms out of range"
  | "another number of classes than before"
  | "too many neighbours"
  | "lease refused for junk"
  | "junk out of range"
  | "neighbour stopped after a broken invariant";

/** What to tell a person about a refusal: what it means and what, if anything, to do. */
export const refusalWords: Readonly<Record<Refusal, string>> = {
  "oversized datagram": "a datagram above 1200 bytes was dropped",
  "malformed datagram": "bytes that are no message were dropped",
  "unknown protocol version":
    "a message of another protocol version was dropped; a newer neighbour also says what we know",
  "no common protocol version":
    "the neighbour speaks other versions of the protocol; update one side",
  "unknown kind of message": "a message of a kind this version does not know was dropped",
  "counter went back": "a counter read lower than before; a second such reading counts as a reset",
  "counter jumped": "a counter jumped further than any link can carry; not counted",
  "counter out of range": "a counter beyond 64 bits was read; not counted",
  "lease goes back": "a lease with an old number was offered; ignored",
  "lease overlaps": "a lease for positions already leased was offered; ignored",
  "lease leaves a gap": "a lease was offered whose predecessor is missing; it will be sent again",
  "lease is empty": "a lease without positions was offered; ignored",
  "lease sum does not fit": "a lease names another sum than the leases before it; ignored",
  "unknown neighbour": "an input about a neighbour that is not configured",
  "unknown price class": "an input about a price class that is not configured",
  "message of another sender": "a neighbour passed on a message of somebody else; dropped",
  "message for another recipient": "a message meant for another node; dropped",
  "message for another journal":
    "a message meant for a journal that we lost; dropped, and answered",
  "message from another journal": "a message of a journal that the neighbour lost; dropped",
  "too many lost disks":
    "the neighbour began more than 1000 journals; nothing more is done with it",
  "lease of another journal": "a lease that was made for or from a journal that is lost; ignored",
  "bad signature": "a signature does not hold; dropped",
  "older than what is known": "an older statement arrived after a newer one; dropped",
  "stated counter went back":
    "the neighbour signed a counter below one it signed before; nothing is measured by it",
  "stated more than was sent":
    "the neighbour signed that more arrived than was ever sent; nothing is measured by it",
  "tunnel key differs from the configured one": "compare the tunnel keys in both configurations",
  "another channel than ours": "the neighbour names another payment channel; compare both sides",
  "lease price above the cap": "the neighbour asks more than the price cap; raise it or go without",
  "price above the neighbour's cap":
    "our price is above what the neighbour accepts; nothing is leased until one side changes it",
  "too many price changes": "prices changed too often ahead of traffic; wait for traffic",
  "no channel": "there is no payment channel with the neighbour yet",
  "channel is closing": "the payment channel is closing; nothing new is credited",
  "withdrawal beyond what is free":
    "more was asked to be taken out of the channel than its vouchers leave free",
  "no such party": "the neighbour's id is no public key, so no contract can pay it",
  "channel fact out of range": "the settlement ledger told of a channel that cannot be; ignored",
  "voucher goes down": "a voucher below an earlier one on some class; the larger total stays",
  "voucher does not add up": "the classes of a voucher do not add up to what is signed",
  "voucher beyond the schedule": "a voucher above the price of all leases; refused, kept as proof",
  "voucher above the channel": "kept, and credited once the channel's deposit covers it",
  "credit limit below what is leased": "the old limit stays until the neighbour has paid more",
  "terms out of range": "terms of a configuration that no journal can hold; the old ones stay",
  "another number of classes than before":
    "a neighbour keeps the paid classes it was added with; the old number stays",
  "lease refused for junk":
    "the neighbour sends junk: nothing more is bought of it until it has sent enough that is none",
  "junk out of range": "junk that no counters can show was told of; ignored",
  "too many neighbours": "at most 250 neighbours; the others are ignored",
  "neighbour stopped after a broken invariant": "see `explain`; nothing is signed or granted",
};
