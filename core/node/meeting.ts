import type { Hello, MessageHead } from "#core/peer/message.ts";
import { noMoney } from "#core/units/money.ts";
import { type Acting, record, refuse, revise, type Turn } from "./turn.ts";

/** A neighbour's lost disks are healed so often; then a person has to look. */
export const meetingLimit = 1000n;

/**
 * The neighbour speaks from a journal that we have not met. Only an answer to what we say since the
 * last meeting proves that this one is later: an old HELLO that comes late brings nothing back.
 */
export function meet(turn: Turn, neighbour: number, of: Acting, hello: Hello): boolean {
  if (hello.answers !== of.ledger.meetings) {
    refuse(turn, neighbour, "older than what is known");
    return false;
  }
  if (of.ledger.meetings >= meetingLimit) {
    refuse(turn, neighbour, "too many lost disks");
    return false;
  }
  record(turn, { type: "NeighbourMet", neighbour, journal: hello.from });
  const unsaid = { hello: undefined, speaks: undefined, advert: undefined } as const;
  const nothing = { ...unsaid, greeted: false, shown: false } as const;
  revise(turn, neighbour, { ...nothing, acknowledged: noMoney });
  return true;
}

/** Where a message comes from and goes to, or nothing as long as no journal of the neighbour is met. */
export function headTo(turn: Turn, neighbour: number): MessageHead | undefined {
  const from = turn.node.ledger.journal;
  const to = turn.node.ledger.neighbours[neighbour]?.journal;
  if (from === undefined || to === undefined) return undefined;
  return { sender: turn.node.signer.id, from, to };
}

/**
 * Whether a message passes between the two journals that have met. What an earlier journal said,
 * or was told, may contradict what the present one does not remember.
 */
export function isBetweenUs(turn: Turn, neighbour: number, head: MessageHead): boolean {
  if (head.to === undefined || head.to !== turn.node.ledger.journal) {
    refuse(turn, neighbour, "message for another journal");
    return false;
  }
  if (head.from === turn.node.ledger.neighbours[neighbour]?.journal) return true;
  refuse(turn, neighbour, "message from another journal");
  return false;
}
