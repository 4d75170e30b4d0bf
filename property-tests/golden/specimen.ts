import type { PayeeAccount } from "#core/account/payee-account.ts";
import type { PayerAccount } from "#core/account/payer-account.ts";
import type { Terms } from "#core/account/terms.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import type { NeighbourLedger } from "#core/journal/ledger.ts";
import { keptOf } from "#core/journal/ledger-form.ts";
import type { Message } from "#core/peer/message.ts";
import { advertDigest, helloDigest, statementDigest } from "#core/peer/message-form.ts";
import { dueAtEnd, type LeaseTerms, leaseDigest, signLease } from "#core/schedule/lease.ts";
import { leaseText } from "#core/schedule/lease-form.ts";
import { append, beginAt } from "#core/schedule/schedule.ts";
import { noDealings } from "#core/settlement/dealings.ts";
import { voucherDigest } from "#core/settlement/typed-data.ts";
import { signVoucher } from "#core/settlement/voucher.ts";
import { journalId, journalIdLimit, unnamedJournal } from "#core/units/journal-id.ts";
import { money, noMoney, tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { origin, type Position, position, positionLimit } from "#core/units/position.ts";
import { price, priceLimit } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { testSigner } from "../simulator/test-signer.ts";
import {
  allDealings,
  channel,
  dealingDigests,
  dealingEvents,
  dealingMessages,
  usedChannel,
} from "./dealing-specimen.ts";
import { secondVersion } from "./second-version.ts";

const payer = testSigner(1);
const payee = testSigner(2);
const account = { payer: payer.id, payee: payee.id, class: priceClass(1) };
const key = { neighbour: 3, class: priceClass(2) };
const counter = { raw: 123_456_789n };
const generation = "3f6c1a7e-boot/12/cGVlcg==";

const leaseTerms: LeaseTerms = {
  number: 7n,
  from: position(1_000_000n),
  to: position(201_000_000n),
  price: price(50n),
  due: money(50_000_000n),
  settled: position(600_000n),
  payerJournal: journalId(7),
  payeeJournal: journalId(0xdeadbeef),
};

const largestLease: LeaseTerms = {
  number: positionLimit,
  from: position(positionLimit - 1n),
  to: position(positionLimit),
  price: price(priceLimit),
  due: money((1n << 160n) - 1n),
  settled: position(positionLimit),
  payerJournal: journalId(journalIdLimit - 1),
  payeeJournal: journalId(journalIdLimit - 1),
};

const terms: Terms = {
  payThreshold: money(10n ** 9n),
  creditLimit: money(10n ** 14n),
  reservation: 200_000_000n,
  readChunk: 100_000_000n,
  priceCap: price(1000n),
  allowance: 65_536n,
};

const growing: Terms = { ...terms, growth: { share: 50_000n, ceiling: money(10n ** 18n) } };

const tolerant: Terms = { ...terms, tolerance: { share: 20_000n, bytes: 65_536n } };

/** As they were before journals had names: version 1 of leases and of what carries them. */
const unnamed = {
  settled: origin,
  payerJournal: unnamedJournal,
  payeeJournal: unnamedJournal,
} as const;

const lease = signLease(account, leaseTerms, payee);
const oldLease = signLease(account, { ...leaseTerms, ...unnamed }, payee);
const oldExtreme = signLease(account, { ...largestLease, ...unnamed }, payee);
const extreme = signLease(account, largestLease, payee);
const voucher = signVoucher(channel, [money(50_000_001n)], payer);
const shared = signVoucher(channel, [money(1n), noMoney, money(1n << 100n)], payer);

const schedule = append(beginAt(leaseTerms), {
  ...leaseTerms,
  number: 8n,
  from: leaseTerms.to,
  to: position(201_000_007n),
  price: price(51n),
  due: dueAtEnd(leaseTerms),
});
const oldCounter = { generation, base: -5n, raw: 77n };
const payerAccount: PayerAccount = {
  schedule,
  latest: lease,
  reserved: position(2_000_000n),
  signed: money(1n << 100n),
  sent: position(1_999_999n),
  counter: oldCounter,
};
const payeeAccount: PayeeAccount = {
  schedule,
  unacknowledged: [lease, extreme],
  latest: lease,
  credited: money(3n),
  read: position(1_000_001n),
  counter: undefined,
  price: price(9n),
};
const everything: NeighbourLedger = {
  id: payee.id,
  journal: journalId(0xdeadbeef),
  meetings: 2n,
  terms,
  channel,
  spendingLimit: money(5n),
  outbound: [payerAccount],
  inbound: [payeeAccount],
  signed: voucher,
  credited: shared,
  held: voucher,
  dealings: noDealings(),
  delivery: undefined,
  frauds: ["two leases for one position", "voucher beyond the schedule"],
  broken: { type: "InvariantBroken", ...key, theorem: "T6" },
};
const nothingKept = {
  journal: undefined,
  meetings: 0n,
  terms: undefined,
  channel: undefined,
  spendingLimit: undefined,
  signed: undefined,
  credited: undefined,
  held: undefined,
  dealings: noDealings(),
  delivery: undefined,
  frauds: [],
  broken: undefined,
} as const;

/** An event of every kind, some of several shapes. The names never change. */
export const eventSpecimens: Readonly<Record<string, LedgerEvent>> = {
  NodeOpened: { type: "NodeOpened", node: payer.id, journal: journalId(0xdeadbeef) },
  AgentStarted: { type: "AgentStarted", run: 5n },
  NeighbourAdded: { type: "NeighbourAdded", neighbour: 249, id: payee.id, classes: 7 },
  NeighbourMet: { type: "NeighbourMet", neighbour: 249, journal: journalId(7) },
  TermsSet: { type: "TermsSet", neighbour: 3, terms },
  ChannelSeen: { type: "ChannelSeen", neighbour: 3, channel },
  "ChannelSeen, closing": {
    type: "ChannelSeen",
    neighbour: 3,
    channel: { ...channel, open: false },
  },
  SpendingLimited: { type: "SpendingLimited", neighbour: 3, limit: money(10n ** 30n) },
  PositionLeapt: { type: "PositionLeapt", ...key, generation, ...counter },
  LeaseAccepted: { type: "LeaseAccepted", ...key, lease },
  "LeaseAccepted, largest": { type: "LeaseAccepted", ...key, lease: extreme },
  BytesReserved: {
    type: "BytesReserved",
    ...key,
    reserved: position(400_000_000n),
    sent: position(200_000_001n),
    ...counter,
  },
  SentRead: { type: "SentRead", ...key, sent: position(200_000_002n), ...counter },
  PayerRestored: { type: "PayerRestored", ...key, lease },
  BytesForgiven: { type: "BytesForgiven", ...key, generation, ...counter },
  BytesRead: { type: "BytesRead", ...key, read: position(1n << 40n), ...counter },
  LeaseGranted: { type: "LeaseGranted", ...key, lease },
  PriceSet: { type: "PriceSet", ...key, price: price(priceLimit) },
  PayeeRestored: { type: "PayeeRestored", ...key, lease, read: position(77n) },
  VoucherSigned: { type: "VoucherSigned", neighbour: 3, voucher },
  "VoucherSigned, three classes": { type: "VoucherSigned", neighbour: 3, voucher: shared },
  VoucherCredited: {
    type: "VoucherCredited",
    neighbour: 3,
    voucher: shared,
    held: [0n as Position, 5n as Position, position(positionLimit)],
  },
  VoucherHeld: { type: "VoucherHeld", neighbour: 3, voucher },
  FraudProven: {
    type: "FraudProven",
    neighbour: 3,
    fraud: "two leases for one position",
    evidence: [leaseText(account, lease), leaseText(account, extreme)],
  },
  "FraudProven, voucher": {
    type: "FraudProven",
    neighbour: 3,
    fraud: "voucher beyond the schedule",
    evidence: [leaseText(account, lease), leaseText(account, lease)],
  },
  "NodeOpened, version 1": { type: "NodeOpened", node: payer.id, journal: unnamedJournal },
  "LeaseAccepted, version 1": { type: "LeaseAccepted", ...key, lease: oldLease },
  "LeaseAccepted, largest, version 1": { type: "LeaseAccepted", ...key, lease: oldExtreme },
  "PayerRestored, version 1": { type: "PayerRestored", ...key, lease: oldLease },
  "LeaseGranted, version 1": { type: "LeaseGranted", ...key, lease: oldLease },
  "PayeeRestored, version 1": {
    type: "PayeeRestored",
    ...key,
    lease: oldLease,
    read: position(77n),
  },
  "FraudProven, leases of version 1": {
    type: "FraudProven",
    neighbour: 3,
    fraud: "two leases for one position",
    evidence: [leaseText(account, oldLease), leaseText(account, oldExtreme)],
  },
  "FraudProven, voucher, leases of version 1": {
    type: "FraudProven",
    neighbour: 3,
    fraud: "voucher beyond the schedule",
    evidence: [leaseText(account, oldLease), leaseText(account, oldLease)],
  },
  "InvariantBroken T1": { type: "InvariantBroken", ...key, theorem: "T1" },
  "InvariantBroken T5": { type: "InvariantBroken", ...key, theorem: "T5" },
  "InvariantBroken T6": { type: "InvariantBroken", ...key, theorem: "T6" },
  "InvariantBroken T7": { type: "InvariantBroken", ...key, theorem: "T7" },
  HistoryKept: { type: "HistoryKept", node: payer.id, journal: journalId(7), run: 5n, parts: 3 },
  NeighbourKept: { type: "NeighbourKept", neighbour: 3, kept: keptOf(everything) },
  PayerKept: { type: "PayerKept", ...key, account: payerAccount, resets: 2n },
  PayeeKept: { type: "PayeeKept", ...key, account: payeeAccount, resets: 300n },
  "NeighbourKept, nothing known": {
    type: "NeighbourKept",
    neighbour: 0,
    kept: { ...keptOf(everything), ...nothingKept },
  },
  ...dealingEvents,
  "NeighbourKept, with dealings": {
    type: "NeighbourKept",
    neighbour: 3,
    kept: keptOf({ ...everything, channel: usedChannel, dealings: allDealings }),
  },
  "TermsSet, credit that grows": { type: "TermsSet", neighbour: 3, terms: growing },
  "NeighbourKept, with credit that grows": {
    type: "NeighbourKept",
    neighbour: 3,
    kept: keptOf({ ...everything, terms: growing }),
  },
  "TermsSet, of a client": { type: "TermsSet", neighbour: 3, terms: tolerant },
  "NeighbourAdded, an exit": {
    type: "NeighbourAdded",
    neighbour: 249,
    id: payee.id,
    classes: 2,
    delivery: { role: "client", carrier: priceClass(1) },
  },
  "NeighbourKept, a client": {
    type: "NeighbourKept",
    neighbour: 3,
    kept: {
      ...keptOf({ ...everything, terms: tolerant }),
      classes: 2,
      delivery: { role: "exit", carrier: priceClass(1) },
    },
  },
};

const ofPayer = { sender: payer.id, from: journalId(7), to: journalId(0xdeadbeef) } as const;
const ofPayee = { sender: payee.id, from: journalId(0xdeadbeef), to: journalId(7) } as const;

const hello = {
  type: "HELLO",
  ...ofPayer,
  recipient: payee.id,
  meetings: 2n,
  answers: 300n,
  met: true,
  run: 5n,
  heard: 4n,
  classes: 2,
  terms,
  tunnelKey: new Uint8Array(32).fill(0x77),
  channelId: channel.channelId,
} as const;

const stranger = { ...hello, to: undefined, meetings: 0n, answers: 0n, met: false } as const;

const statement = {
  type: "STATEMENT",
  ...ofPayer,
  recipient: payee.id,
  counters: [
    { sent: position(1n << 33n), read: position(12n) },
    { sent: position(0n), read: position(positionLimit) },
  ],
} as const;

const advert = {
  type: "ADVERT",
  ...ofPayee,
  recipient: payer.id,
  run: 9n,
  count: 300n,
  offers: [
    { destination: "::/0", class: priceClass(1), price: price(50n) },
    {
      destination: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128",
      class: priceClass(7),
      price: price(1n),
    },
  ],
} as const;

const second = secondVersion(hello, statement);

/** A message of every kind in its first form, some of several shapes. The names never change. */
export const messageSpecimens: Readonly<Record<string, Message>> = {
  HELLO: { ...hello, signature: payer.sign(helloDigest(hello)) },
  "HELLO, to nobody known": {
    ...stranger,
    signature: payer.sign(helloDigest(stranger)),
  },
  LEASE: {
    type: "LEASE",
    ...ofPayee,
    class: priceClass(1),
    leases: [lease],
    credited: voucher,
  },
  "LEASE, nothing to say": {
    type: "LEASE",
    ...ofPayee,
    class: priceClass(7),
    leases: [],
    credited: undefined,
  },
  "LEASE, largest": {
    type: "LEASE",
    ...ofPayee,
    class: priceClass(1),
    leases: Array(6).fill(extreme),
    credited: shared,
  },
  VOUCHER: {
    type: "VOUCHER",
    ...ofPayer,
    voucher: shared,
    held: [lease, undefined, extreme],
  },
  "VOUCHER, nothing signed": {
    type: "VOUCHER",
    ...ofPayer,
    voucher: undefined,
    held: [undefined],
  },
  STATEMENT: { ...statement, signature: payer.sign(statementDigest(statement)) },
  ADVERT: { ...advert, signature: payee.sign(advertDigest(advert)) },
  ...dealingMessages,
};

/** Messages in the forms that came with version 2. The names never change. */
export const secondMessageSpecimens = second.messages;

/** Digests and signatures by keys that everybody knows. The names never change. */
export const digestSpecimens: Readonly<Record<string, () => Uint8Array>> = {
  "lease digest": () => leaseDigest(account, leaseTerms),
  "lease signature by key 2": () => lease.signature,
  "voucher digest of 51 units": () => voucherDigest(channel, tokenUnits(51n)),
  "voucher digest of the most units": () => voucherDigest(channel, tokenUnits(tokenUnitsLimit)),
  "voucher signature by key 1": () => voucher.signature,
  "hello digest": () => helloDigest(hello),
  "statement digest": () => statementDigest(statement),
  "advert digest": () => advertDigest(advert),
  "signature of 32 bytes 0x42 by key 1": () => payer.sign(new Uint8Array(32).fill(0x42)),
  "lease as evidence": () => leaseText(account, lease),
  ...dealingDigests,
  ...second.digests,
};
