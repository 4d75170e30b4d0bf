import * as Context from "effect/Context";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Redacted from "effect/Redacted";
import * as Scope from "effect/Scope";
import { describe, expect, test } from "vitest";
import { carry, memoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { memoryQueueing } from "#adapters/queueing/memory-queueing.ts";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { memoryTunnel } from "#adapters/tunnel/memory-tunnel.ts";
import { Tunnel } from "#adapters/tunnel/tunnel.ts";
import { type QueueingBench, queueingContract } from "../contracts/queueing-contract.ts";
import { type TunnelBench, tunnelContract } from "../contracts/tunnel-contract.ts";

const peers = [`${"A".repeat(42)}A=`, `${"B".repeat(42)}A=`] as const;

const rates = { linkRate: 8_000_000n, freeRate: 400_000n, controlRate: 128_000n };

async function machine() {
  const kernel = memoryKernel();
  const layers = Layer.mergeAll(memoryTunnel(kernel), memoryQueueing(kernel));
  const built = await Effect.runPromise(Layer.buildWithScope(layers, Scope.makeUnsafe()));
  const tunnel = Context.get(built, Tunnel);
  const apply = (name: string, peerKey: string) =>
    Effect.runPromise(
      tunnel.apply({
        name,
        peerKey,
        privateKey: Redacted.make(peers[0]),
        listenPort: 51_820,
        ownAddress: "fe80::1",
        endpoint: undefined,
      }),
    );
  return { kernel, tunnel, queueing: Context.get(built, Queueing), apply };
}

async function tunnelBench(): Promise<TunnelBench> {
  const { kernel, tunnel, apply } = await machine();
  return {
    prefix: "m",
    peers,
    apply,
    remove: (name) => Effect.runPromise(tunnel.remove(name)),
    list: (prefix) => Effect.runPromise(tunnel.list(prefix)),
    sweep: (prefix) => Effect.runPromise(tunnel.sweep((name) => name.startsWith(prefix))),
    see: async (name) => kernel.interfaces.get(name),
    use: async (name) => {
      const found = kernel.interfaces.get(name);
      if (found !== undefined) found.sent += 1000n;
    },
    close: async () => {},
  };
}

async function queueingBench(): Promise<QueueingBench> {
  const [payer, payee] = [await machine(), await machine()];
  const plan = { index: 0, interfaces: ["m0", "m1"], ...rates };
  for (const { apply } of [payer, payee]) {
    for (const name of plan.interfaces) await apply(name, peers[1]);
  }
  const attach = async () => {
    for (const { queueing } of [payer, payee]) {
      await Effect.runPromise(queueing.attach([plan], []));
    }
  };
  await attach();
  const seen = (kernel: typeof payer.kernel) => {
    const found = kernel.interfaces.get("m1");
    if (found === undefined) throw new Error("no tunnel");
    return found;
  };
  const allowance = (interfaceName: string, counter: bigint, remaining: bigint) => ({
    interfaceName,
    counter,
    limit: counter + remaining,
  });
  const set = (who: typeof payer, quotas: readonly object[], gates: readonly object[]) =>
    Effect.runPromise(who.queueing.setLimits(new Map(), quotas as never, gates as never));
  return {
    offer: async (bytes) => {
      const { sent, asPaid } = carry(seen(payer.kernel), seen(payee.kernel), BigInt(bytes), 0n);
      return { sent, bought: asPaid };
    },
    allow: (remaining) => set(payer, [allowance("m1", seen(payer.kernel).sent, remaining)], []),
    admit: (remaining) => set(payee, [], [allowance("m1", seen(payee.kernel).received, remaining)]),
    stand: (standing) => Effect.runPromise(payee.queueing.setStanding(plan, standing)),
    rate: (bits) => Effect.runPromise(payer.queueing.setRates(new Map([[plan.index, bits]]))),
    attach,
    clean: async () => {
      for (const { queueing } of [payer, payee]) await Effect.runPromise(queueing.clean);
    },
    allowStranger: () => set(payer, [allowance("m0", 0n, 1n)], []),
    kept: 0n,
    close: async () => {},
  };
}

tunnelContract("memory", tunnelBench);
queueingContract("memory", queueingBench);

describe("a kernel in memory", () => {
  test("every so many-th byte is lost, and a cheat's bytes arrive but are not bought", async () => {
    const bench = await machine();
    const other = await machine();
    await bench.apply("m1", peers[1]);
    await other.apply("m1", peers[0]);
    const [from, to] = [bench.kernel.interfaces.get("m1"), other.kernel.interfaces.get("m1")];
    if (from === undefined || to === undefined) throw new Error("no tunnel");
    to.gate = 500n;
    const carried = carry(from, to, 1000n, 50n, true);
    expect(carried).toEqual({ sent: 1000n, arrived: 950n, asPaid: 500n, degraded: 0n });
    expect(carry(from, to, 1000n, 50n)).toMatchObject({ sent: 0n, degraded: 1000n });
  });
});
