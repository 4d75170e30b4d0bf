import * as Layer from "effect/Layer";
import * as ManagedRuntime from "effect/ManagedRuntime";
import { afterAll, describe, expect, test } from "vitest";
import { Counters } from "#adapters/counters/counters.ts";
import { memoryCounters } from "#adapters/counters/memory-counters.ts";
import { countersBy } from "#adapters/counters/wireguard-counters.ts";
import { makeInterface, memoryKernel } from "#adapters/memory-kernel/memory-kernel.ts";
import { memoryNetlink } from "#adapters/netlink/memory-netlink.ts";
import type { Received } from "#adapters/netlink/netlink.ts";
import { type CountersBench, countersContract } from "../contracts/counters-contract.ts";
import {
  deviceParts,
  type PretendKernel,
  pretendKernel,
  pretendPrivateKey,
} from "./pretend-kernel.ts";

const runtimes: ManagedRuntime.ManagedRuntime<Counters, never>[] = [];
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.dispose())));

async function service(layer: Layer.Layer<Counters>) {
  const runtime = ManagedRuntime.make(layer);
  runtimes.push(runtime);
  const counters = await runtime.runPromise(Counters);
  return {
    bootId: counters.bootId,
    read: (names: readonly string[]) => runtime.runPromise(counters.read(names)),
  };
}

async function memoryBench(): Promise<CountersBench> {
  const kernel = memoryKernel();
  const make = (name: string) =>
    makeInterface(kernel, name, Buffer.alloc(32, name).toString("base64"));
  const at = (name: string) => {
    const found = kernel.interfaces.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  for (const name of ["m0", "m1"]) make(name);
  return {
    ...(await service(memoryCounters(kernel))),
    interfaces: ["m0", "m1"],
    move: async (name) => {
      at(name).sent += 1072n;
      at(name).received += 96n;
    },
    witness: async (name) => ({ sent: at(name).sent, received: at(name).received }),
    remake: async (name) => {
      kernel.interfaces.delete(name);
      make(name);
    },
    remove: async (name) => void kernel.interfaces.delete(name),
  };
}

function addDevice(kernel: PretendKernel, name: string, index: number): void {
  const peer = { received: 0n, sent: 0n, handshake: 0n, furtherParts: 2 };
  kernel.devices.set(name, { index, peers: [{ key: Buffer.alloc(32, name), ...peer }] });
}

const overNetlink = (kernel: PretendKernel) =>
  service(countersBy(["kernel"]).pipe(Layer.provide(memoryNetlink(kernel))));

async function netlinkBench(): Promise<CountersBench> {
  const kernel = pretendKernel();
  let next = 7;
  const make = (name: string) => addDevice(kernel, name, next++);
  const at = (name: string) => {
    const found = kernel.devices.get(name)?.peers[0];
    if (found === undefined) throw new Error(name);
    return found;
  };
  for (const name of ["k0", "k1"]) make(name);
  return {
    ...(await overNetlink(kernel)),
    interfaces: ["k0", "k1"],
    move: async (name) => {
      at(name).sent += 1072n;
      at(name).received += 96n;
    },
    witness: async (name) => ({ sent: at(name).sent, received: at(name).received }),
    remake: async (name) => make(name),
    remove: async (name) => void kernel.devices.delete(name),
  };
}

const benches = { memory: await memoryBench(), netlink: await netlinkBench() };
countersContract("in memory", () => benches.memory);
countersContract("by netlink, from a kernel in memory", () => benches.netlink);

describe("counters by netlink", () => {
  test("an inconsistent dump is asked for again, and given up in the end", async () => {
    const kernel = pretendKernel();
    addDevice(kernel, "k0", 7);
    const { read } = await overNetlink(kernel);
    kernel.interruptions = 5;
    expect((await read(["k0"])).length).toBe(1);
    expect(kernel.interruptions).toBe(0);
    kernel.interruptions = 1000;
    await expect(read(["k0"])).rejects.toThrow("changed 8 times");
    kernel.interruptions = 0;
    expect((await read(["k0"])).length).toBe(1);
  });

  test("a module that was loaded again under another number is found again", async () => {
    const kernel = pretendKernel();
    addDevice(kernel, "k0", 7);
    const { read } = await overNetlink(kernel);
    expect((await read(["k0"])).length).toBe(1);
    kernel.family = 40;
    expect((await read(["k0"])).length).toBe(1);
  });

  test("an interface that is there is never called absent because nobody can read it", async () => {
    const kernel = pretendKernel();
    const { read } = await overNetlink(kernel);
    await expect(read(["lo"])).rejects.toThrow("lo: is no WireGuard interface");
    kernel.family = undefined;
    await expect(read(["lo"])).rejects.toThrow("lo cannot be read in any way");
    kernel.family = 33;
    kernel.available = false;
    const { read: without } = await overNetlink(kernel);
    await expect(without(["lo"])).rejects.toThrow("lo cannot be read in any way");
    expect(await without(["nothere0"])).toEqual([]);
  });

  test("the private key that comes with every answer is wiped once it was passed over", async () => {
    const kernel = pretendKernel();
    addDevice(kernel, "k0", 7);
    const seen: Received[] = [];
    const { read } = await overNetlink({
      ...kernel,
      answer: (protocol, request) => {
        const answer = kernel.answer(protocol, request);
        seen.push(...answer);
        return answer;
      },
    });
    expect((await read(["k0"])).length).toBe(1);
    const datagrams = seen.flatMap((one) => (one.kind === "Datagram" ? [one.bytes] : []));
    expect(datagrams.length).toBeGreaterThan(2);
    expect(Buffer.concat(datagrams).includes(pretendPrivateKey)).toBe(false);
    const again = Buffer.concat(deviceParts("k0", { index: 7, peers: [] }, 1));
    expect(again.includes(pretendPrivateKey)).toBe(true);
  });

  test("no netlink is opened for a read that needs none", async () => {
    const kernel = pretendKernel();
    let opened = 0;
    const counted = new Proxy(kernel, {
      get: (target, key) => {
        if (key === "available") opened += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
    const { read } = await service(
      countersBy(["userspace"]).pipe(Layer.provide(memoryNetlink(counted))),
    );
    expect(await read(["nothere0"])).toEqual([]);
    expect(opened).toBe(0);
  });
});
