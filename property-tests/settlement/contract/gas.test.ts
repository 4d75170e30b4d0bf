import { expect, test } from "vitest";
import { benchSettlementGas, type SettlementGas } from "../../bench/settlement-gas.ts";

/** What everything cost when it was last looked at: a change to the contract shows up in a diff. */
const snapshotFile = "./gas-snapshot.json";

test("each function costs exactly what was noted, and no more than the prototype's", async () => {
  const { ether, token, withinLimits } = await benchSettlementGas();
  expect(withinLimits).toBe(true);
  const noted = `${JSON.stringify({ ether: gasOf(ether), token: gasOf(token) }, null, 2)}\n`;
  await expect(noted, "vitest -u notes what it costs now").toMatchFileSnapshot(snapshotFile);
});

function gasOf(figures: SettlementGas["ether"]): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(figures).map(([name, { gas }]) => [name, gas]));
}
