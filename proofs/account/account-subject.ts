import { type Subject, subjectOf } from "../model/subject.ts";
import { type AccountRules, shippedRules } from "./account-rules.ts";
import { accountScopes } from "./account-scope.ts";
import { accountSystem } from "./account-system.ts";

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
