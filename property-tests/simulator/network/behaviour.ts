import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { Output } from "#core/node/output.ts";
import type { LeaseMessage, Message, Statement } from "#core/peer/message.ts";
import { encodeMessage, statementDigest } from "#core/peer/message-form.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import type { Position } from "#core/units/position.ts";
import { isHonest, type Network, type SimNode } from "./network.ts";

/** A cheat that says old things again remembers so many of them. */
const memoryLimit = 64;

/** What a node really does of what its `step` asks: all of it, if it is honest. */
export function disguised(
  net: Network,
  node: SimNode,
  outputs: readonly Output[],
): readonly Output[] {
  if (isHonest(node)) return outputs;
  return outputs.flatMap((output): readonly Output[] => {
    if (output.type !== "Send") return [output];
    const said = spoken(net, node, output.bytes);
    return said.map((bytes) => ({ ...output, bytes }));
  });
}

function spoken(net: Network, node: SimNode, bytes: Uint8Array): readonly Uint8Array[] {
  const message = decodeMessage(bytes);
  if (typeof message === "string") return [bytes];
  if (node.behaviour === "replaysVouchers") return replayed(net, node, bytes, message);
  const lie = lieOf(node, message);
  return [lie === message ? bytes : encodeMessage(lie)];
}

/** What a cheat says instead: the same, or something else. */
function lieOf(node: SimNode, message: Message): Message {
  if (node.behaviour !== "liesAboutReceived") return message;
  if (message.type === "STATEMENT") return inflated(node, message);
  return message.type === "LEASE" ? uncredited(message) : message;
}

/** Claims to have received twice what it did, and to have sent half: no rule listens (T22). */
function inflated(node: SimNode, statement: Statement): Statement {
  const counters = statement.counters.map(({ sent, read }) => ({
    sent: (sent / 2n) as Position,
    read: (read * 2n) as Position,
  }));
  const lie = { ...statement, counters };
  return { ...lie, signature: node.signer.sign(statementDigest(lie)) };
}

/** Claims that nothing was ever credited. */
function uncredited(message: LeaseMessage): LeaseMessage {
  return { ...message, credited: undefined };
}

/**
 * Says what it has to say, and an older voucher behind each new one. Only behind new ones: two cheats
 * that answer each other's old messages would fill the air.
 */
function replayed(
  net: Network,
  node: SimNode,
  bytes: Uint8Array,
  message: Message,
): readonly Uint8Array[] {
  if (message.type !== "VOUCHER" || message.voucher === undefined) return [bytes];
  if (node.memory.some((known) => sameBytes(known, bytes))) return [bytes];
  if (node.memory.length === memoryLimit) node.memory.shift();
  node.memory.push(bytes);
  const old = node.memory[net.chance.fault.below(node.memory.length)];
  return old === undefined ? [bytes] : [bytes, old];
}

/** The most that a node signs to a neighbour: its operator stops there, whatever was agreed. */
export function spendingLimitOf(net: Network, node: SimNode): bigint | undefined {
  switch (node.behaviour) {
    case "neverPays":
    case "newIdentities":
    case "ridesFree":
      return 0n;
    case "stopsPaying":
      return paidBefore * net.scenario.defaults.creditLimit;
    default:
      return undefined;
  }
}

/** Who stops paying has paid so many credit limits to a neighbour before. */
const paidBefore = 10n;

/** Whether a node's kernel sends as paid whatever it likes, quota or not (T7). */
export function floods(node: SimNode): boolean {
  return node.behaviour === "neverPays" || node.behaviour === "newIdentities";
}
