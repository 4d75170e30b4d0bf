import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { canonical } from "#core/identity/canonical-writer.ts";
import { decodeMessage } from "#core/peer/message-reader.ts";
import { voucherForm } from "#core/settlement/voucher-form.ts";
import { money } from "#core/units/money.ts";
import { price } from "#core/units/price.ts";
import {
  deliver,
  drain,
  feed,
  type LineWorld,
  lineWorld,
  nodeAt,
  read,
  traffic,
} from "../simulator/line-world.ts";

/** What a payment takes on the wire, between two nodes with real keys. */
export interface SettlementWire {
  readonly payments: number;
  /** The payment alone: totals by class, the sum in the token, one signature. The largest seen. */
  readonly voucherBytes: number;
  /** Channel, amount and signature, as they stand in a call of the contract. */
  readonly voucherLimit: number;
  /** The datagram that carries it, with sender, journals and the lease that it pays for. */
  readonly datagramBytes: number;
  /** All datagrams of both, whatever they are for, for each payment that was credited. */
  readonly bytesPerPayment: number;
  readonly datagramsPerPayment: number;
  /** Connections that this process opened meanwhile, for each payment: none is needed. */
  readonly chainCallsPerPayment: number;
}

/** Bytes that are sent for each payment: what is due for them is the threshold. */
const bytesForPayment = 200_000_000n;

/** 32 bytes of channel, 16 of amount, 65 of signature: what a watchtower would have to be given. */
const voucherLimit = 32 + 16 + 65;

/** Sends until so many payments were credited. @throws Error where they are not */
export function benchSettlementWire(payments = 200): SettlementWire {
  const world = lineWorld({
    terms: {
      payThreshold: money(10n ** 10n),
      creditLimit: money(10n ** 12n),
      reservation: bytesForPayment * 4n,
      readChunk: bytesForPayment,
      priceCap: price(1000n),
      allowance: 65_536n,
    },
    deposit: 10n ** 24n,
    grainsPerUnit: 1000n,
    prices: [50n, 50n],
    keys: "real",
  });
  drain(world);
  const credited = () =>
    nodeAt(world, 1).journal.filter(({ type }) => type === "VoucherCredited").length;
  const before = credited();
  let connections = 0;
  const count = (): void => {
    connections += 1;
  };
  subscribe("net.client.socket", count);
  const tally = { datagrams: 0, bytes: 0, vouchers: 0, voucherBytes: 0, largest: 0 };
  for (let i = 0; i < payments * 3 && credited() - before < payments; i++) {
    traffic(world, 0, 0, bytesForPayment, 0n);
    for (const node of [0, 1]) {
      read(world, node);
      feed(world, node, { type: "Poke" });
    }
    deliverCounted(world, tally);
  }
  unsubscribe("net.client.socket", count);
  const done = credited() - before;
  if (done < payments) throw new Error(`${done} of ${payments} payments were credited`);
  return {
    payments: done,
    voucherBytes: tally.largest,
    voucherLimit,
    datagramBytes: Math.round(tally.voucherBytes / tally.vouchers),
    bytesPerPayment: Math.round(tally.bytes / done),
    datagramsPerPayment: Math.round((10 * tally.datagrams) / done) / 10,
    chainCallsPerPayment: connections / done,
  };
}

interface Tally {
  datagrams: number;
  bytes: number;
  vouchers: number;
  voucherBytes: number;
  largest: number;
}

function deliverCounted(world: LineWorld, tally: Tally): void {
  for (let next = world.air[0]; next !== undefined; next = world.air[0]) {
    tally.datagrams += 1;
    tally.bytes += next.bytes.length;
    const message = decodeMessage(next.bytes);
    if (
      typeof message === "object" &&
      message.type === "VOUCHER" &&
      message.voucher !== undefined
    ) {
      tally.vouchers += 1;
      tally.voucherBytes += next.bytes.length;
      tally.largest = Math.max(tally.largest, canonical(voucherForm(message.voucher)).length);
    }
    deliver(world, 0, false);
  }
}
