import { deliveryClass, earnsOn } from "#core/account/delivery.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { Advert, Hello, Offer, Statement } from "#core/peer/message.ts";
import {
  advertDigest,
  encodeMessage,
  helloDigest,
  statementDigest,
} from "#core/peer/message-form.ts";
import { commonVersion, firstVersions } from "#core/peer/version.ts";
import { due } from "#core/schedule/schedule.ts";
import { noMoney } from "#core/units/money.ts";
import { origin, type Position } from "#core/units/position.ts";
import type { PriceClass } from "#core/units/price-class.ts";
import type { LivePath } from "./live.ts";
import { headTo, meet } from "./meeting.ts";
import { actAsPayer, sendVoucher } from "./paying.ts";
import { priceOf } from "./resale.ts";
import {
  type Acting,
  acting,
  earningClasses,
  inboundOf,
  isDelivery,
  outboundOf,
  type PathKey,
  paidClasses,
  refuse,
  revise,
  revisePath,
  type Turn,
} from "./turn.ts";

/** The channel id in a HELLO where there is no channel. */
const noChannel = "0".repeat(64);

/** The destination of offers for everything that is forwarded. */
const anywhere = "::/0";

/**
 * HELLO: identity, constants, tunnel key and channel. Answers the last HELLO heard. Said in its first
 * form too, until the neighbour says that it speaks another: an old one would know us by no other.
 */
export function sendHello(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  if (of === undefined) return;
  sayHello(turn, neighbour, of, of.live.heard?.journal ?? of.ledger.journal);
}

/**
 * HELLO until the neighbour is known to have heard it. One that heard us, and whose answer was lost,
 * has no reason of its own to say more: a HELLO to no journal is always answered, and never in turn.
 */
export function greet(turn: Turn, neighbour: number, of: Acting): void {
  sendHello(turn, neighbour);
  if (of.live.hello !== undefined) sayHello(turn, neighbour, of, undefined);
}

function sayHello(turn: Turn, neighbour: number, of: Acting, to: Hello["to"]): void {
  const { journal } = turn.node.ledger;
  if (journal === undefined) return;
  const hello: Greeting = {
    type: "HELLO",
    sender: turn.node.signer.id,
    from: journal,
    to,
    recipient: of.ledger.id,
    meetings: of.ledger.meetings,
    answers: of.live.heard?.meetings ?? 0n,
    met: to !== undefined && to === of.ledger.journal,
    run: turn.node.ledger.run,
    heard: of.live.hello?.run ?? 0n,
    classes: of.ledger.outbound.length,
    terms: of.terms,
    tunnelKey: turn.node.tunnelKey,
    channelId: of.ledger.channel?.channelId ?? noChannel,
  };
  const { oldest, newest } = turn.node.versions;
  if (oldest === 1 && of.live.speaks === undefined) say(turn, neighbour, hello);
  if (newest === 1) return;
  const heard = of.live.speaks?.newest ?? (of.live.hello === undefined ? 0 : 1);
  say(turn, neighbour, { ...hello, speaks: { oldest, newest, heard } });
}

type Greeting = Omit<Hello, "signature">;

function say(turn: Turn, neighbour: number, hello: Greeting): void {
  const signature = turn.node.signer.sign(helloDigest(hello));
  turn.outputs.push({ type: "Send", neighbour, bytes: encodeMessage({ ...hello, signature }) });
}

/** A HELLO came: remember it, answer if asked, and state what we have signed and hold (P4). */
export function takeHello(turn: Turn, neighbour: number, of: Acting, hello: Hello): void {
  if (hello.recipient !== turn.node.signer.id) {
    return refuse(turn, neighbour, "message for another recipient");
  }
  if (!turn.node.holds(of.ledger.id, helloDigest(hello), hello.signature)) {
    return refuse(turn, neighbour, "bad signature");
  }
  revise(turn, neighbour, { heard: { journal: hello.from, meetings: hello.meetings } });
  // A neighbour that knows no journal of ours, or an earlier one, is told which it talks to.
  if (hello.to !== turn.node.ledger.journal) {
    if (hello.to !== undefined) refuse(turn, neighbour, "message for another journal");
    return answer(turn, neighbour, hello);
  }
  const isNew = hello.from !== of.ledger.journal;
  if (isNew && !meet(turn, neighbour, of, hello)) return answer(turn, neighbour, hello);
  const known = isNew ? undefined : of.live.hello;
  if (known !== undefined && hello.run < known.run) {
    return refuse(turn, neighbour, "older than what is known");
  }
  noteDifferences(turn, neighbour, of, hello);
  const again = known !== undefined && hello.run > known.run;
  // Both forms come in one run, in any order: the first form takes nothing back, but in a new run.
  const speaks = hello.speaks ?? (isNew || again ? undefined : of.live.speaks);
  // One that comes late was said before the neighbour heard us: what is known stays known.
  const before = known !== undefined && !again && of.live.greeted;
  const answered =
    hello.met &&
    hello.heard === turn.node.ledger.run &&
    (speaks === undefined || speaks.heard >= turn.node.versions.newest);
  const greeted = answered || before;
  // A new run may have lost what the old one acknowledged: it states its leases and totals anew.
  revise(turn, neighbour, { hello, speaks, greeted, ...(again ? { acknowledged: noMoney } : {}) });
  if (isSecondForm(hello)) return;
  if (isNew || !greeted) answer(turn, neighbour, hello);
  sendVoucher(turn, neighbour);
  sendAdvert(turn, neighbour);
}

/**
 * A greeting leads to one answer at most: where both of its forms were answered, each in both forms,
 * greetings would double without end. Where the first form is lost, a poke says both again.
 */
function answer(turn: Turn, neighbour: number, hello: Hello): void {
  if (!isSecondForm(hello)) sendHello(turn, neighbour);
}

/** Whether it was said beside its first form: it only adds what is spoken. */
function isSecondForm({ speaks }: Hello): boolean {
  return speaks !== undefined && speaks.oldest === 1 && speaks.heard < 2;
}

function noteDifferences(turn: Turn, neighbour: number, of: Acting, hello: Hello): void {
  if (commonVersion(turn.node.versions, hello.speaks ?? firstVersions) === undefined) {
    refuse(turn, neighbour, "no common protocol version");
  }
  const { policy } = of.live;
  if (policy !== undefined && !sameBytes(policy.tunnelKey, hello.tunnelKey)) {
    refuse(turn, neighbour, "tunnel key differs from the configured one");
  }
  const ours = of.ledger.channel?.channelId;
  if (ours !== undefined && hello.channelId !== noChannel && hello.channelId !== ours) {
    refuse(turn, neighbour, "another channel than ours");
  }
}

/** ADVERT: what we charge this neighbour now, per class. */
export function sendAdvert(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  const head = headTo(turn, neighbour);
  if (of === undefined || head === undefined) return;
  const offers = earningClasses(of).flatMap((paidClass): readonly Offer[] => {
    const price = priceOf(turn, of, { neighbour, class: paidClass });
    return price === undefined ? [] : [{ destination: anywhere, class: paidClass, price }];
  });
  const advert: Omit<Advert, "signature"> = {
    type: "ADVERT",
    ...head,
    recipient: of.ledger.id,
    run: turn.node.ledger.run,
    count: of.live.adverts + 1n,
    offers,
  };
  revise(turn, neighbour, { adverts: advert.count });
  const signature = turn.node.signer.sign(advertDigest(advert));
  turn.outputs.push({ type: "Send", neighbour, bytes: encodeMessage({ ...advert, signature }) });
}

/** An ADVERT came: a newer one replaces an older one. No rule of billing depends on it. */
export function takeAdvert(turn: Turn, neighbour: number, of: Acting, advert: Advert): void {
  const known = of.live.advert;
  if (advert.recipient !== turn.node.signer.id) {
    return refuse(turn, neighbour, "message for another recipient");
  }
  if (known !== undefined && !newer(advert, known)) {
    return refuse(turn, neighbour, "older than what is known");
  }
  if (!turn.node.holds(of.ledger.id, advertDigest(advert), advert.signature)) {
    return refuse(turn, neighbour, "bad signature");
  }
  revise(turn, neighbour, { advert });
}

function newer(a: Advert, b: Advert): boolean {
  return a.run > b.run || (a.run === b.run && a.count > b.count);
}

/** STATEMENT: our counters, so that both sides know what was lost on the way. */
export function sendStatement(turn: Turn, neighbour: number): void {
  const of = acting(turn, neighbour);
  const head = headTo(turn, neighbour);
  if (of === undefined || head === undefined) return;
  const statement: Omit<Statement, "signature"> = {
    type: "STATEMENT",
    ...head,
    recipient: of.ledger.id,
    counters: of.live.paths.map((path, i) => counted(of, (i + 1) as PriceClass, path)),
    ...(speaksSecond(turn, of) ? { echoes: of.live.paths.map((path) => path.theirSent) } : {}),
  };
  for (const paidClass of paidClasses(of)) {
    const path = of.live.paths[paidClass - 1];
    const stated = path === undefined ? origin : path.sent + path.read;
    revisePath(turn, { neighbour, class: paidClass }, { stated: stated as never });
  }
  const signature = turn.node.signer.sign(statementDigest(statement));
  turn.outputs.push({ type: "Send", neighbour, bytes: encodeMessage({ ...statement, signature }) });
}

/** As seen from outside: of a delivery, what an exit reads as payee is what it sent. */
function counted(of: Acting, paidClass: PriceClass, { sent, read }: LivePath) {
  return isDelivery(of, paidClass) ? { sent: read, read: sent } : { sent, read };
}

/** Whether we and the neighbour both speak version 2, in which STATEMENTs have echoes. */
function speaksSecond(turn: Turn, of: Acting): boolean {
  return (commonVersion(turn.node.versions, of.live.speaks ?? firstVersions) ?? 1) >= 2;
}

/** Whether enough has moved since the last STATEMENT for a new one: U bytes on some class. */
export function statementIsDue(of: Acting): boolean {
  return (
    deliveryIsStuck(of) ||
    of.live.paths.some((path) => path.sent + path.read - path.stated >= of.terms.readChunk)
  );
}

/** An exit is at the end of its leases and not paid for all it sent: the client may not know. */
function deliveryIsStuck(of: Acting): boolean {
  const paidClass = deliveryClass(of.ledger);
  if (paidClass === undefined || !earnsOn(of.ledger, paidClass)) return false;
  const found = inboundOf(of, paidClass);
  if (found === undefined) return false;
  const { schedule, credited } = found.account;
  const { read } = found.path;
  return read + of.terms.allowance >= schedule.end && due(schedule, read) > credited;
}

/**
 * What both ends counted, for people and for the choice of ways. A counter below an older one, or more than
 * we ever sent, is refused; nothing is measured by it. Bills take no part in it: they know totals alone.
 */
function count(
  turn: Turn,
  key: PathKey,
  of: Acting,
  {
    sent,
    read,
    echo,
  }: { readonly sent: Position; readonly read: Position; readonly echo: Position },
): void {
  const found = outboundOf(of, key.class);
  if (found === undefined) return;
  const { counted: before, sent: own, read: here } = found.path;
  // It heard no more of us than before: perhaps it is an older one that came late.
  if (before !== undefined && echo <= before.ours) return;
  const most = found.account.reserved > own ? found.account.reserved : own;
  if (read > most + of.terms.allowance) {
    return refuse(turn, key.neighbour, "stated more than was sent");
  }
  if (before !== undefined && (sent < before.theirs || read < before.arrived)) {
    return refuse(turn, key.neighbour, "stated counter went back");
  }
  revisePath(turn, key, { counted: { ours: echo, arrived: read, theirs: sent, here } });
}

/** A STATEMENT came: counters only grow, so the larger one is the newer one. */
export function takeStatement(turn: Turn, neighbour: number, of: Acting, said: Statement): void {
  if (said.recipient !== turn.node.signer.id) {
    return refuse(turn, neighbour, "message for another recipient");
  }
  if (!turn.node.holds(of.ledger.id, statementDigest(said), said.signature)) {
    return refuse(turn, neighbour, "bad signature");
  }
  for (const paidClass of paidClasses(of)) {
    const path = of.live.paths[paidClass - 1];
    const counter = said.counters[paidClass - 1];
    if (path === undefined || counter === undefined) continue;
    const theirSent = counter.sent > path.theirSent ? counter.sent : path.theirSent;
    const theirRead = counter.read > path.theirRead ? counter.read : path.theirRead;
    const echo = said.echoes?.[paidClass - 1];
    const isEcho = echo !== undefined && echo > 0n && echo <= path.sent;
    const roundTrip = isEcho ? path.sent - echo : path.roundTrip;
    const key = { neighbour, class: paidClass };
    revisePath(turn, key, { theirSent, theirRead, roundTrip });
    if (isEcho && !isDelivery(of, paidClass)) count(turn, key, of, { ...counter, echo });
  }
  // A client pays for what the exit states.
  if (of.ledger.delivery?.role === "client") actAsPayer(turn, neighbour, false);
}
