import { request } from "node:http";
import { connect, createServer } from "node:net";
import * as Effect from "effect/Effect";
import { afterEach, describe, expect, test } from "vitest";
import { Queueing } from "#adapters/queueing/queueing.ts";
import { type LeakKeeper, startLeakKeeper } from "#agent/defence/leak-keeper.ts";
import { noticeServer } from "#agent/defence/notice-server.ts";
import { type OwnUsers, startOwnUsers } from "#agent/defence/own-users.ts";
import { accepted, complaints } from "../config/config-bench.ts";
import {
  drain,
  end,
  kill,
  type MemoryRouters,
  memoryRouters,
  rounds,
  start,
  traffic,
} from "./memory-routers.ts";

let world: MemoryRouters | undefined;
afterEach(async () => {
  if (world !== undefined) await end(world);
});

describe("our own users", () => {
  test("are throttled once what is left runs low, before the neighbour throttles us, and open when the agent ends", async () => {
    const made = memoryRouters({ low_balance: "0.9999 USDC", lan: "br-lan 50Mbit" });
    world = made;
    let users: OwnUsers | undefined;
    await start(made, "b");
    await start(made, "a", {
      beside: (agent) =>
        Effect.gen(function* () {
          users = yield* startOwnUsers(agent, yield* Queueing, 3_600_000);
        }),
    });
    await rounds(made, 4);
    await Effect.runPromise(users?.look ?? Effect.void);
    expect(users?.facts()).toMatchObject({ standing: "open", balance: 10n ** 18n });
    expect(made.a.kernel.own).toBeUndefined();
    for (let i = 0; i < 3; i++) {
      traffic(made, 1_000_000n);
      await drain(made, 1);
    }
    await Effect.runPromise(users?.look ?? Effect.void);
    expect(users?.facts().standing).toBe("throttled");
    expect(made.a.kernel.own).toEqual({ lan: ["br-lan"], notices: [] });
    expect(made.b.agent?.node().live[0]?.standing).toBe("open");
    await kill(made.a);
    expect(made.a.kernel.own).toBeUndefined();
  });
});

test("what is given away at our cost grows with what the neighbour has paid, and survives counters that begin anew", async () => {
  const limits = { metered: "wwan0", free_bytes: "1kB", free_share: "10%" };
  const made = memoryRouters(limits);
  world = made;
  let keeper: LeakKeeper | undefined;
  await start(made, "a");
  await start(made, "b", {
    beside: (agent) =>
      Effect.gen(function* () {
        keeper = yield* startLeakKeeper(agent, yield* Queueing, 3_600_000);
      }),
  });
  await rounds(made, 4);
  const look = () => Effect.runPromise(keeper?.look ?? Effect.void);
  const room = () => made.b.kernel.leaks.get("rba0") ?? 0n;
  const leak = (leaked: bigint) =>
    made.b.kernel.tallies.set("rba0", {
      received: 0n,
      junk: 0n,
      freeIn: 0n,
      freeOut: 0n,
      leaked,
      undue: 0n,
    });
  await look();
  expect(room()).toBe(1000n);
  leak(600n);
  await look();
  expect(room()).toBe(400n);
  const { sent } = traffic(made, 1_000_000n);
  await drain(made);
  await look();
  expect(sent).toBeGreaterThan(0n);
  expect(room()).toBe(1000n + sent / 10n - 600n);
  leak(100n); // the table was made anew
  await look();
  expect(room()).toBe(1000n + sent / 10n - 700n);
});

describe("the notice", () => {
  const onFreePort = async () =>
    new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
      });
    });
  const ask = (port: number, method: string, path: string) =>
    new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, method, path }, (answer) => {
        let text = "";
        answer.on("data", (part) => {
          text += part;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.on("error", reject);
      asked.end(method === "POST" ? "secret=1" : undefined);
    });

  test("is the same whatever is asked, repeats nothing of it, is kept by nobody, and is gone with its scope", async () => {
    const port = await onFreePort();
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          yield* noticeServer("127.0.0.1", port);
          const path = "/%3Cscript%3E?token=abc";
          const [get, post, head] = yield* Effect.promise(() =>
            Promise.all(["GET", "POST", "HEAD"].map((method) => ask(port, method, path))),
          );
          expect(get?.status).toBe(503);
          expect(get?.text).toContain("Slow until topped up");
          expect(get?.text).not.toContain("abc");
          expect(post?.text).toBe(get?.text);
          expect(head?.text).toBe("");
        }),
      ),
    );
    await expect(ask(port, "GET", "/")).rejects.toThrow("ECONNREFUSED");
  });

  test("that cannot listen says where and why; what is no request is cut", async () => {
    const port = await onFreePort();
    const both = Effect.scoped(
      Effect.gen(function* () {
        yield* noticeServer("127.0.0.1", port);
        yield* Effect.promise(
          () =>
            new Promise<void>((resolve) => {
              const socket = connect(port, "127.0.0.1", () => socket.write("\0\0\r\n\r\n"));
              socket.on("error", () => {}).on("close", () => resolve());
            }),
        );
        return yield* Effect.flip(noticeServer("127.0.0.1", port));
      }),
    );
    expect((await Effect.runPromise(both)).words).toContain(`port ${port}: EADDRINUSE`);
  });
});

describe("options of the free tier", () => {
  test("give little away by default, and throttle nobody", () => {
    const { leak, metered, lowBalance, noticeListen } = accepted("");
    expect({ leak, metered, lowBalance, noticeListen }).toEqual({
      leak: { bytes: 100_000_000n, share: 10_000n },
      metered: [],
      lowBalance: 0n,
      noticeListen: [],
    });
  });

  test("that contradict each other are refused, and told why", () => {
    const of = (change: object) => complaints(JSON.stringify(change));
    const lan = { lan: "br-lan 50Mbit", low_balance: "1 USDC" };
    expect(of({ low_balance: "1 USDC" })).toContain("one `lan` at least");
    expect(of({ notice_listen: "192.168.1.1:8480" })).toContain("where low_balance is 0");
    for (const host of ["127.0.0.1", "0.0.0.0", "[::]", "[::1]"]) {
      expect(of({ ...lan, notice_listen: `${host}:8480` })).toContain("own address on the LAN");
    }
    expect(of({ metered: 'a" drop' })).toContain("an interface");
    expect(of({ free_rate: "2Mbit", free_pool: "1Mbit" })).toContain("at least free_rate");
    expect(of({ free_pool: "1kbit" })).toContain("free_pool");
    expect(accepted("").freePool).toBeUndefined();
    expect(of({ free_bytes: "9007199254740992" })).toContain("free_bytes");
    const { noticeListen } = accepted(
      JSON.stringify({ ...lan, notice_listen: "192.168.1.1:8480" }),
    );
    expect(noticeListen).toEqual([{ host: "192.168.1.1", port: 8480 }]);
    const both = ["192.168.1.1:8480", "[fd00::1]:8480"];
    expect(accepted(JSON.stringify({ ...lan, notice_listen: both })).noticeListen).toHaveLength(2);
    expect(accepted(JSON.stringify({ ...lan, notice_listen: "off" })).noticeListen).toEqual([]);
    const alike = ["192.168.1.1:8480", "192.168.1.2:8480"];
    expect(of({ ...lan, notice_listen: alike })).toContain("one of IPv4 and one of IPv6");
    expect(of({ ...lan, notice_listen: [...both, "10.0.0.1:1"] })).toContain("notice_listen");
  });
});
