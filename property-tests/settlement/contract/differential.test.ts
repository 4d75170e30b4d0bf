import fc from "fast-check";
import { type Address, maxUint256, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ContractCall, noticeLimit, type Who } from "#core/settlement/channel-contract.ts";
import { type TokenUnits, tokenUnitsLimit } from "#core/units/money.ts";
import { type ContractLab, newTerms, openContractLab } from "./contract-lab.ts";
import { contractTwin } from "./contract-twin.ts";
import { deployToken } from "./gas-measurement.ts";
import { plainTokenAbi } from "./plain-token.ts";

let lab: ContractLab;
let token: Address;
beforeAll(async () => {
  lab = await openContractLab();
  token = await deployToken(lab);
  const approval = [lab.contract, maxUint256];
  await lab.sendTo(token, plainTokenAbi, lab.stranger.address, "approve", approval);
});
afterAll(() => lab.close());

/** How many channels are led twice in each currency. */
const channels = 50;

/** Mostly amounts that meet each other, now and then the largest. */
const amount = fc
  .oneof(
    { weight: 12, arbitrary: fc.bigInt(0n, 60n) },
    { weight: 1, arbitrary: fc.constantFrom(tokenUnitsLimit, tokenUnitsLimit - 1n) },
  )
  .map((value) => value as TokenUnits);
const modest = fc.bigInt(0n, 60n).map((value) => value as TokenUnits);
const party = fc.constantFrom<"a" | "b">("a", "b");
const who = fc.constantFrom<Who>("a", "a", "a", "b", "b", "b", "other");

/** What reaches the contract; `pay` says how much ether comes along beyond what is right. */
type Act = { readonly what: ContractCall; readonly pay: bigint } | { readonly pass: number };

const pay = fc.constantFrom(0n, 0n, 0n, 0n, 0n, 0n, 1n, -1n);
const calls = fc.oneof(
  fc.record({
    type: fc.constant("open" as const),
    by: party,
    total: modest,
    value: fc.constant(0n),
  }),
  fc.record({
    type: fc.constant("setDeposit" as const),
    by: who,
    total: modest,
    value: fc.constant(0n),
  }),
  fc.record({
    type: fc.constant("setDeposit" as const),
    by: who,
    total: modest,
    value: fc.constant(0n),
  }),
  fc.record({ type: fc.constant("register" as const), signer: who, cumulative: amount }),
  fc.record({ type: fc.constant("register" as const), signer: who, cumulative: amount }),
  party.chain((of) =>
    fc.record({
      type: fc.constant("withdraw" as const),
      party: fc.constant(of),
      signer: fc.constant(of === "a" ? ("b" as const) : ("a" as const)),
      totalOut: modest,
    }),
  ),
  fc.record({ type: fc.constant("withdraw" as const), party: who, signer: who, totalOut: amount }),
  fc.record({ type: fc.constant("startClose" as const), by: who }),
  fc.record({ type: fc.constant("finish" as const) }),
  fc.record({
    type: fc.constant("closeTogether" as const),
    signers: fc.constantFrom<readonly [Who, Who]>(
      ["a", "b"],
      ["b", "a"],
      ["a", "other"],
      ["a", "a"],
    ),
    cumAB: amount,
    cumBA: amount,
  }),
);
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ what: calls, pay }) },
  { weight: 1, arbitrary: fc.record({ pass: fc.constantFrom(100, 2000) }) },
);

/** Most channels have a notice that {@link Act} passes; some none that is allowed. */
const notice = fc.constantFrom(
  1000,
  1000,
  1000,
  1000,
  Number(noticeLimit),
  Number(noticeLimit) + 1,
  0,
);

const opening = fc.record({ by: party, total: modest });

describe("the contract and core's state machine", () => {
  test.each(["ether", "token"] as const)(
    "accept and refuse the same in %s, with the same words, state and money",
    { timeout: 300_000 },
    async (currency) => {
      const game = fc.tuple(
        notice,
        opening,
        fc.array(acts, { minLength: 4, maxLength: 16, size: "max" }),
      );
      const play = async ([seconds, first, rest]: [
        number,
        { by: "a" | "b"; total: TokenUnits },
        Act[],
      ]) => {
        const inEther = currency === "ether";
        const terms = { ...newTerms(inEther ? zeroAddress : token), notice: seconds };
        const twin = await contractTwin(lab, terms);
        let deposits = { a: 0n, b: 0n };
        for (const act of [
          { what: { type: "open" as const, ...first, value: 0n }, pay: 0n },
          ...rest,
        ]) {
          if ("pass" in act) {
            await lab.pass(act.pass);
            continue;
          }
          const what = withEther(act.what, act.pay, inEther, deposits);
          const [chain, model] = await twin.both(what);
          expect(chain).toEqual(model);
          deposits = { a: model.channel.depositA, b: model.channel.depositB };
        }
      };
      await fc.assert(fc.asyncProperty(game, play), { numRuns: channels });
    },
  );
});

/** The ether that such a call needs, and what is too much or too little. */
function withEther(
  what: ContractCall,
  beyond: bigint,
  inEther: boolean,
  deposits: { readonly a: bigint; readonly b: bigint },
): ContractCall {
  if (what.type !== "open" && what.type !== "setDeposit") return what;
  const before = what.by === "other" ? 0n : deposits[what.by];
  const right = inEther && what.total > before ? what.total - before : 0n;
  const value = right + beyond;
  return { ...what, value: value < 0n ? 0n : value };
}
