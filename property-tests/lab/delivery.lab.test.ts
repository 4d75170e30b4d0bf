import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentPair, agentPair, type Name } from "./agent-pair.ts";
import { skipsLab } from "./lab.ts";

const skipped = skipsLab();

/** Waits until something holds; the runner's own time limit ends a wait in vain. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe.skipIf(skipped)("an exit and its client on the real kernel", () => {
  let pair: AgentPair;

  beforeAll(async () => {
    pair = await agentPair((name) =>
      name === "a" ? { delivery: "exit", tariff: "0.02/GB" } : { delivery: "client" },
    );
    await pair.start("a");
    await pair.start("b");
  });
  afterAll(() => pair?.close());

  const delivery = async (name: Name) => {
    const { neighbours } = await pair.status(name);
    const found = neighbours[0]?.accounts.find((one) => one.delivery);
    if (found === undefined) throw new Error(`${name} has no delivery account`);
    return found;
  };
  const settled = () =>
    eventually(async () => {
      await pair.ask("a", "settle");
      await pair.ask("b", "settle");
      const [exit, client] = [await delivery("a"), await delivery("b")];
      return exit.settled === client.settled && exit.settled === exit.amount;
    });

  test("what the exit sends is paid by the client that receives it, as WireGuard counts it", async () => {
    await eventually(async () => BigInt((await delivery("a")).leased) > 0n);
    pair.send(200);
    await eventually(async () => BigInt((await delivery("a")).position) > 200_000n);
    await settled();
    const [exit, client] = [await delivery("a"), await delivery("b")];
    expect(client.direction).toBe("we pay");
    expect(exit.direction).toBe("we are paid");
    expect(BigInt(exit.settled)).toBe(BigInt(exit.position) * 20_000_000n);
    // Nothing was lost on this cable but perhaps the first handshake, which the client accepts.
    expect(BigInt(client.position)).toBeLessThanOrEqual(BigInt(exit.position));
    expect(BigInt(client.position)).toBeGreaterThan(200_000n);
  });

  test("the exit pays nothing for it, and the client is paid nothing", async () => {
    for (const name of ["a", "b"] as const) {
      const { neighbours } = await pair.status(name);
      const classes = neighbours[0]?.accounts.map((one) => [one.class, one.direction]);
      const expected =
        name === "a"
          ? [
              [1, "we are paid"],
              [2, "we are paid"],
            ]
          : [
              [1, "we pay"],
              [2, "we pay"],
            ];
      expect(classes).toEqual(expected);
    }
  });

  test("killed and started again, both go on where they were, and the next bytes are paid too", async () => {
    const before = BigInt((await delivery("a")).position);
    for (const name of ["a", "b"] as const) {
      await pair.signal(name, "SIGKILL");
      await pair.start(name);
    }
    await eventually(async () => BigInt((await delivery("a")).leased) > before);
    pair.send(100);
    await eventually(async () => BigInt((await delivery("a")).position) > before + 100_000n);
    await settled();
    const { neighbours } = await pair.status("a");
    expect(neighbours[0]?.standing).toBe("open");
  });
});
