import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { deployCode } from "#adapters/settlement/chain/deployment.ts";
import { rpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import type { Signer } from "#core/identity/signature.ts";
import { addressOf } from "#core/settlement/address.ts";
import { finalDigest, inOrder } from "#core/settlement/typed-data.ts";
import { tokenUnits } from "#core/units/money.ts";
import {
  trickyTokenAbi,
  trickyTokenConstructorCode,
  trickyTokenRuntimeCode,
} from "../contract/tricky-token.ts";
import { type ChainLab, openChainLab, step } from "./chain-lab.ts";

/** As TrickyToken.sol numbers its tricks. */
const honest = 0;
const fee = 4;
const refuses = 6;

const rich = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

let lab: ChainLab;
let token: string;
beforeAll(async () => {
  lab = await openChainLab();
});
afterAll(() => lab.close());
beforeEach(async () => {
  const code = `${trickyTokenConstructorCode}${trickyTokenRuntimeCode}`;
  token = await deployCode(rpcEndpoint(lab.url).call, rich, code);
  for (const one of [lab.a, lab.b]) await tell("mint", [accountOf(one), 1000n]);
});

const accountOf = ({ id }: Signer): `0x${string}` => `0x${addressOf(id)}`;

async function tell(
  functionName: "mint" | "play",
  args: readonly [`0x${string}`, bigint | number],
) {
  const data = encodeFunctionData({ abi: trickyTokenAbi, functionName, args } as never);
  await lab.rpc("eth_sendTransaction", { from: rich, to: `0x${token}`, data });
  await lab.mine();
}

const balance = (one: Signer) => lab.tokens(token, accountOf(one).slice(2));

test("a party that its token had on a black list gets its payout by itself, once it is off the list", async () => {
  const { a, b } = lab;
  const place = { token };
  const [ofA, ofB] = [lab.session(a, { place }), lab.session(b, { place })];
  await ofA.look([b.id]);
  for (let i = 0; i < 3; i++) {
    await ofA.perform(b.id, step({ type: "Open", deposit: tokenUnits(400n) }));
    await lab.mine(3);
    await ofA.look([b.id]);
  }
  await ofB.look([a.id]);
  const { channelId = "" } = (await ofA.look([b.id])).facts[0] ?? {};
  const [first] = inOrder([accountOf(a).slice(2), accountOf(b).slice(2)]);
  const totals = first === accountOf(a).slice(2) ? ([150n, 0n] as const) : ([0n, 150n] as const);
  const digest = finalDigest({ ...lab.place, channelId }, [
    tokenUnits(totals[0]),
    tokenUnits(totals[1]),
  ]);
  await tell("play", [accountOf(b), refuses]);
  const final = { out: tokenUnits(150n), in: tokenUnits(0n) };
  await ofA.perform(b.id, step({ type: "CloseTogether", final, theirs: b.sign(digest) }));
  await lab.mine(3);
  // The other party is paid at once; b's part waits for it in the contract, and its looks go on.
  expect([await balance(a), await balance(b)]).toEqual([850n, 1000n]);
  await ofB.look([a.id]);
  expect(ofB.outbox.pending()).toEqual([]);
  await tell("play", [accountOf(b), honest]);
  await ofB.look([a.id]);
  await lab.mine(3);
  await ofB.look([a.id]);
  expect([await balance(b), await lab.tokens(token, lab.place.contract)]).toEqual([1150n, 0n]);
});

test("a token that keeps a part of each transfer is refused before anything is sent, with what differs", async () => {
  await tell("play", [accountOf(lab.a), fee]);
  const session = lab.session(lab.a, { place: { token } });
  await session.look([lab.b.id]);
  const open = step({ type: "Open", deposit: tokenUnits(400n) });
  expect(await session.perform(lab.b.id, open)).toBe("sent"); // the allowance
  await lab.mine(3);
  await session.look([lab.b.id]);
  await expect(session.perform(lab.b.id, open)).rejects.toThrow(
    /open would be refused now: WrongReceipt\(396, 400\)/,
  );
  expect(await balance(lab.a)).toBe(1000n);
});
