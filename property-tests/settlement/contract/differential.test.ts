import fc from "fast-check";
import { type Address, maxUint256, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runs } from "../../laws/law-runs.ts";
import { type Act, type ContractGame, callOf, contractGame } from "./contract-game.ts";
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
const channels = 60;

describe("the contract and core's state machine", () => {
  test.each(["ether", "token"] as const)(
    "accept and refuse the same in %s, with the same words, state and money",
    { timeout: 300_000 },
    async (currency) => {
      const play = async ({ notice, opening, acts }: ContractGame) => {
        const terms = { ...newTerms(currency === "ether" ? zeroAddress : token), notice };
        const twin = await contractTwin(lab, terms);
        const open: Act = {
          type: "call",
          call: { type: "open", ...opening, value: 0n },
          beyond: 0n,
        };
        for (const act of [open, ...acts]) {
          if (act.type === "pass") {
            await lab.pass(act.seconds);
          } else {
            const [chain, model] = await twin.both(callOf(act, twin.channel()));
            expect(chain).toEqual(model);
          }
        }
      };
      await fc.assert(fc.asyncProperty(contractGame(), play), { numRuns: runs(channels) });
    },
  );
});
