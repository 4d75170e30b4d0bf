import type { NeighbourLedger } from "#core/journal/ledger.ts";
import { type Money, noMoney, toTokenUnits } from "#core/units/money.ts";
import type { Book } from "./book.ts";
import { type DemoChain, purse } from "./demo-chain.ts";
import type { Observer } from "./observer.ts";
import { type RouterName, routerNames } from "./stage.ts";
import type { ChainEnding } from "./telling.ts";

type Books = Readonly<Record<RouterName, Book>>;

/** Holds what accounts have on the chain against what the journals say; tolerance zero. */
export async function judgeChain(
  { check }: Observer,
  books: Books,
  chain: DemoChain,
): Promise<ChainEnding> {
  const balances = { a: 0n, b: 0n, c: 0n };
  const found: string[] = [];
  let equal = (await chain.held()) === 0n;
  for (const name of routerNames) {
    const { ledger } = books[name].audit;
    balances[name] = await chain.balance(ledger.node ?? "");
    const expected = ledger.neighbours.reduce((all, one) => all + earnedFrom(one), purse);
    equal &&= balances[name] === expected;
    found.push(`${name} has ${balances[name]}, by its books ${expected}`);
  }
  check("what lies on the chain is what the books say, to the unit", equal, found.join("; "));
  const channels = routerNames.flatMap((name) => books[name].audit.ledger.neighbours);
  const openedChannels = channels.filter(({ channel }) => channel !== undefined).length >> 1;
  const closedChannels = channels.filter(({ channel }) => channel?.open === false).length >> 1;
  check(
    "every channel that was opened is closed",
    openedChannels === closedChannels,
    `${openedChannels}`,
  );
  return { openedChannels, closedChannels, onChainEqualsBooks: equal, balances };
}

/** What a neighbour signed to us less what we signed to it: totals of all classes, rounded up once. */
function earnedFrom({ channel, inbound, outbound }: NeighbourLedger): bigint {
  const { grainsPerUnit = 1n } = channel ?? {};
  const sum = (totals: readonly Money[]) =>
    toTokenUnits(
      totals.reduce((all, one) => (all + one) as Money, noMoney),
      grainsPerUnit,
    );
  return sum(inbound.map(({ credited }) => credited)) - sum(outbound.map(({ signed }) => signed));
}
