import { fromHex } from "#core/identity/hexadecimal.ts";
import { signerOf } from "#core/identity/signature.ts";
import { addressOf } from "#core/settlement/address.ts";
import { voucherDigest } from "#core/settlement/typed-data.ts";
import { type TokenUnits, tokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { ChainError } from "./chain-error.ts";
import type { ChainPlace } from "./chain-place.ts";
import type { StoredChannel } from "./chain-tools.ts";
import { purposeOf } from "./contract-call.ts";
import type { Outbox } from "./outbox.ts";
import type { AgreedBlock, Quorum } from "./quorum.ts";

type Tools = typeof import("./chain-tools.ts");

/** A voucher that somebody gave us to keep an eye on: it is no secret, and whoever has it can only make it count. */
export interface WatchedVoucher {
  readonly chainId: bigint;
  /** 40 hexadecimal digits. */
  readonly contract: string;
  /** 64 hexadecimal digits. */
  readonly channelId: string;
  readonly cumulative: TokenUnits;
  readonly signature: Uint8Array;
  /** The address of whoever signed it. */
  readonly payer: string;
}

/** The longest file of a voucher, in characters. */
export const voucherFileLimit = 4096;

/**
 * A voucher as `channel voucher` prints it.
 * @throws Error that says what is wrong with it.
 */
export function readVoucherFile(text: string): WatchedVoucher {
  if (text.length > voucherFileLimit) {
    throw new Error(`a voucher has at most ${voucherFileLimit} characters, found ${text.length}`);
  }
  const file = parsed(text);
  const { version, chainId, contract, channelId, cumulative, signature } = file;
  if (version !== 1) throw new Error("no voucher of version 1: make it with `channel voucher`");
  const place = {
    chainId: BigInt(demand("chainId", chainId, /^[0-9]{1,20}$/)),
    contract: demand("contract", contract, /^[0-9a-f]{40}$/),
    channelId: demand("channelId", channelId, /^[0-9a-f]{64}$/),
  };
  const total = BigInt(demand("cumulative", cumulative, /^[0-9]{1,39}$/));
  if (total > tokenUnitsLimit) throw new Error("cumulative: more than a voucher can carry");
  const bytes = fromHex(demand("signature", signature, /^[0-9a-f]{130}$/));
  const signer = signerOf(voucherDigest(place, tokenUnits(total)), bytes);
  const payer = signer === undefined ? undefined : addressOf(signer);
  if (payer === undefined) throw new Error("signature: nobody signed this voucher");
  return { ...place, cumulative: tokenUnits(total), signature: bytes, payer };
}

function parsed(text: string): Readonly<Record<string, unknown>> & VoucherFile {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null)
      return value as VoucherFile & Record<string, unknown>;
  } catch {
    // told below, in words of our own
  }
  throw new Error("no JSON: make it with `channel voucher NEIGHBOUR > FILE`");
}

interface VoucherFile {
  readonly version?: unknown;
  readonly chainId?: unknown;
  readonly contract?: unknown;
  readonly channelId?: unknown;
  readonly cumulative?: unknown;
  readonly signature?: unknown;
}

function demand(name: string, value: unknown, form: RegExp): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && form.test(text)) return text;
  throw new Error(`${name}: found ${JSON.stringify(value)?.slice(0, 60) ?? "nothing"}`);
}

/** What a look at a watched channel led to. */
export type WatchLook =
  /** Nobody closes it, or the contract has the voucher already. */
  | { readonly saw: "nothing to do"; readonly status: StoredChannel["status"] }
  /** It is being closed without the voucher: the voucher was sent. */
  | { readonly saw: "closing"; readonly asked: "sent" | "on its way"; readonly closeAt: bigint }
  /** It is closed: there is nothing to watch any more. */
  | { readonly saw: "closed" };

/**
 * Looks once, at the newest block rather than at a final one: registering early costs a fee, late the
 * money. @throws ChainError, RpcError
 */
export async function watchOnce(
  tools: Tools,
  place: ChainPlace,
  quorum: Quorum,
  outbox: Outbox,
  voucher: WatchedVoucher,
): Promise<WatchLook> {
  demandSamePlace(place, voucher);
  const block: AgreedBlock = await quorum.finalBlock();
  await outbox.tend(block);
  const question = { to: `0x${place.contract}`, data: tools.channelQuestion(voucher.channelId) };
  const stored = tools.readChannel(String(await quorum.first("eth_call", [question, "latest"])));
  const { status, a, b, closeAt, registered } = stored;
  if (status === "closed") return { saw: "closed" };
  if (status !== "closing") return { saw: "nothing to do", status };
  if (voucher.payer !== a && voucher.payer !== b) {
    throw new ChainError(
      "wrong contract",
      "the voucher was signed by neither party of its channel",
    );
  }
  const known = voucher.payer === a ? registered[0] : registered[1];
  if (known >= voucher.cumulative) return { saw: "nothing to do", status };
  const call = {
    type: "register",
    id: voucher.channelId,
    cumulative: voucher.cumulative,
    signature: voucher.signature,
  } as const;
  const asked = await outbox.submit({
    purpose: purposeOf(call),
    ...tools.callFields(place, "", call, 0n),
    worth: undefined,
    urgent: true,
    reserve: 0n,
  });
  return { saw: "closing", asked, closeAt };
}

function demandSamePlace(place: ChainPlace, voucher: WatchedVoucher): void {
  if (voucher.chainId === place.chainId && voucher.contract === place.contract) return;
  throw new ChainError(
    "wrong contract",
    `the voucher is for contract 0x${voucher.contract} on chain ${voucher.chainId}; the configuration names 0x${place.contract} on ${place.chainId}`,
  );
}
