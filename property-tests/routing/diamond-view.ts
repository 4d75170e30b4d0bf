import type { BabelView } from "#adapters/babel/babel.ts";
import { memoryBabel } from "#adapters/babel/memory-babel.ts";
import { type Prefix, parsePrefix } from "#core/route/prefix.ts";
import { routeLine } from "../contracts/babel-contract.ts";

/** Where both ways of {@link diamondView} lead. */
export const far = parsePrefix("10.99.0.4/32") as Prefix;

/** What a babeld says that knows two ways to one place, by b and by c, both feasible. */
export function diamondView(): BabelView {
  const babel = memoryBabel();
  const dumped = (via: string, how: string) =>
    `${far} from 0.0.0.0/0 metric 192 (192) refmetric 96 id 98:4d:a6:a6:0a:15:3b:31 seqno 1 age 3 via toll${via}0 neigh fe80::${via} (${how})`;
  babel.say(
    routeLine("add", "7", far, "fe80::b", { installed: true }),
    routeLine("add", "8", far, "fe80::c"),
  );
  babel.dump(["My id 1", dumped("b", "installed"), dumped("c", "feasible"), ""].join("\n"));
  return babel.service.view();
}
