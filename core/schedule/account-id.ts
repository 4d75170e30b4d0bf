import type { Field } from "#core/identity/canonical-writer.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import type { NodeId } from "#core/units/node-id.ts";
import type { PriceClass } from "#core/units/price-class.ts";

/**
 * One account: the bytes that the payer sends to the payee, to be forwarded, on the tunnel of one
 * price class (protocol section 2). It stands inside every signed text about the account (E4).
 */
export interface AccountId {
  readonly payer: NodeId;
  readonly payee: NodeId;
  readonly class: PriceClass;
}

/** The account in the form in which it is signed. */
export function accountFields(account: AccountId): Field {
  return [fromHex(account.payer), fromHex(account.payee), account.class];
}
