import { priceVectors } from "../model/explorer.ts";
import { type Subject, subjectOf } from "../model/subject.ts";
import { type AccountRules, shippedRules } from "./account-rules.ts";
import { accountScopes } from "./account-scope.ts";
import { accountSystem } from "./account-system.ts";
import { withLostDisks } from "./lost-disk.ts";
import { payeeSystem } from "./payee-system.ts";
import { payerSystem } from "./payer-system.ts";

const file = "proofs/account/account-system.ts";

/** The account that ships, in scopes that take seconds. */
export const shippedAccount: Subject = subjectOf(
  accountSystem(shippedRules),
  file,
  "prices {1,2}^2 with L 0 to 3, c 1 and 2; {1,2}^3 with L 3, c 1; one reboot of the payer, any of the payee",
  [...accountScopes(2, [0, 1, 2, 3], [1, 2], 1), ...accountScopes(3, [3], [1], 1)],
);

/** An account under other rules, in the smallest scope that tells every defect from what ships. */
export function accountUnder(rules: AccountRules): Subject {
  return subjectOf(accountSystem(rules), file, "", accountScopes(3, [3], [1], 1));
}

/** Each side against anyone. */
export const againstAnyone: readonly Subject[] = [
  subjectOf(
    payeeSystem,
    "proofs/account/payee-system.ts",
    "prices {1,2}^3, L 2",
    priceVectors(3).map((prices) => ({
      prices,
      constants: { L: 2 },
      most: { y: 3, G: 3, w: 6, rx: 3, gate: 3, given: 12, forgiven: 6 },
      choices: 6,
    })),
  ),
  subjectOf(
    payerSystem,
    "proofs/account/payer-system.ts",
    "prices {1,2}^3, c 2, two reboots",
    priceVectors(3).map((prices) => ({
      prices,
      constants: { c: 2 },
      most: { x: 3, r: 3, g: 3, v: 6, tx: 3, quota: 3, bytes: 3, leapt: 4 },
      choices: 3,
    })),
  ),
];

/** The account whose disks are lost. */
export const accountWithLostDisks: Subject = subjectOf(
  withLostDisks(accountSystem(shippedRules)),
  "proofs/account/lost-disk.ts",
  "prices {1,2}^2, L 2, c 1, leaps of 2 bytes",
  accountScopes(2, [2], [1], 2),
);
