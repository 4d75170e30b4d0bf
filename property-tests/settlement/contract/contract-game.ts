import fc from "fast-check";
import {
  balances,
  type ContractCall,
  type ContractChannel,
  noticeLimit,
  type Who,
} from "#core/settlement/channel-contract.ts";
import { type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";

/** What is done to a channel after it was opened. */
export interface ContractGame {
  /** Seconds: mostly a length that {@link Act} can wait for, now and then one that is refused. */
  readonly notice: number;
  readonly opening: { readonly by: "a" | "b"; readonly total: TokenUnits };
  readonly acts: readonly Act[];
}

/** A call, or time that passes. */
export type Act =
  /** Ether comes along as it should, and `beyond` of it more. */
  | { readonly type: "call"; readonly call: ContractCall; readonly beyond: bigint }
  /** Takes out all that there is, and `beyond` more: the edge, which chance would hardly meet. */
  | { readonly type: "take"; readonly party: "a" | "b"; readonly beyond: bigint }
  | { readonly type: "pass"; readonly seconds: number };

/** The call that an act is, in a channel's present state. */
export function callOf(
  act: Exclude<Act, { readonly type: "pass" }>,
  channel: ContractChannel,
): ContractCall {
  if (act.type === "call") return withEther(act.call, act.beyond, channel);
  const { party } = act;
  const out = party === "a" ? channel.outA : channel.outB;
  const totalOut = atLeastNothing(out + balances(channel)[party] + act.beyond) as TokenUnits;
  return { type: "withdraw", party, signer: party === "a" ? "b" : "a", totalOut };
}

/** Games of all kinds: right and wrong signers, amounts that meet each other, and the largest. */
export function contractGame(): fc.Arbitrary<ContractGame> {
  const longest = Number(noticeLimit);
  const modest = fc.bigInt(0n, 60n).map((value) => value as TokenUnits);
  const largest = fc
    .constantFrom(tokenUnitsLimit, tokenUnitsLimit - 1n)
    .map((value) => value as TokenUnits);
  const amount = fc.oneof({ weight: 12, arbitrary: modest }, { weight: 1, arbitrary: largest });
  const party = fc.constantFrom<"a" | "b">("a", "b");
  const beyond = fc.constantFrom(0n, 0n, 0n, 0n, 0n, 0n, 1n, -1n);
  const calls = callsWith(party, modest, amount);
  const acts: fc.Arbitrary<Act> = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ type: fc.constant("call" as const), call: calls, beyond }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("take" as const),
        party,
        beyond: fc.constantFrom(-1n, 0n, 1n),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant("pass" as const),
        seconds: fc.constantFrom(100, 2000),
      }),
    },
  );
  return fc.record({
    notice: fc.constantFrom(1000, 1000, 1000, 1000, 1000, longest, longest + 1, 0),
    opening: fc.record({ by: party, total: modest }),
    acts: fc.array(acts, { minLength: 4, maxLength: 16, size: "max" }),
  });
}

function callsWith(
  party: fc.Arbitrary<"a" | "b">,
  modest: fc.Arbitrary<TokenUnits>,
  amount: fc.Arbitrary<TokenUnits>,
): fc.Arbitrary<ContractCall> {
  const who = fc.constantFrom<Who>("a", "a", "a", "b", "b", "b", "other");
  const signers = fc.constantFrom<readonly [Who, Who]>(
    ["a", "b"],
    ["b", "a"],
    ["a", "other"],
    ["a", "a"],
  );
  const type = <T extends ContractCall["type"]>(name: T) => fc.constant(name);
  const value = fc.constant(0n);
  const deposit = fc.record({ type: type("setDeposit"), by: who, total: modest, value });
  const register = fc.record({ type: type("register"), signer: who, cumulative: amount });
  return fc.oneof(
    fc.record({ type: type("open"), by: party, total: modest, value }),
    deposit,
    deposit,
    register,
    register,
    fc.record({ type: type("withdraw"), party: who, signer: who, totalOut: amount }),
    fc.record({ type: type("startClose"), by: who }),
    fc.record({ type: type("finish") }),
    fc.record({ type: type("closeTogether"), signers, cumAB: amount, cumBA: amount }),
  );
}

/** The ether that such a call needs, and what is too much or too little. */
function withEther(what: ContractCall, beyond: bigint, channel: ContractChannel): ContractCall {
  if (what.type !== "open" && what.type !== "setDeposit") return what;
  const { depositA, depositB, inEther } = channel;
  const before = what.by === "a" ? depositA : what.by === "b" ? depositB : 0n;
  const right = inEther ? atLeastNothing(what.total - before) : 0n;
  return { ...what, value: atLeastNothing(right + beyond) };
}

function atLeastNothing(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
