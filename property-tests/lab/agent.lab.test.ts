import { execFileSync, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uapiPath } from "#adapters/wireguard/uapi-socket.ts";
import { controlPath } from "#agent/agent/control-socket.ts";
import { ledgerOnDisk } from "#agent/cli/ledger-source.ts";
import { type AgentPair, agentPair, interfacesOf, kernelState, type Name } from "./agent-pair.ts";
import { skipsLab } from "./lab.ts";

const skipped = skipsLab();

/** A row of history as it comes over the control socket. */
interface HistoryText {
  readonly kind: string;
  readonly direction: string;
  readonly seconds: number;
  readonly amount?: string;
  readonly fromPosition?: string;
  readonly toPosition?: string;
}

/** Waits until something holds; the runner's own time limit ends a wait in vain. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe.skipIf(skipped)("the agent on the real kernel", () => {
  let pair: AgentPair;
  const before: Partial<Record<Name, string>> = {};

  beforeAll(async () => {
    pair = await agentPair();
    for (const name of ["a", "b"] as const) before[name] = kernelState(pair.namespace(name));
  });
  afterAll(() => pair?.close());

  const account = async (name: Name, direction: "we pay" | "we are paid") => {
    const { neighbours } = await pair.status(name);
    const found = neighbours[0]?.accounts.find((one) => one.direction === direction);
    if (found === undefined) throw new Error(`${name} has no such account`);
    return found;
  };
  const paid = (): string => `${pair.prefix("a")}b1`;
  /** a holds a lease and may send: its bytes ride the paid tunnel. */
  const flowing = () =>
    eventually(async () => BigInt((await account("a", "we pay")).reserved) > 0n);
  /** Everything that was sent is paid, and the neighbour says so. */
  const settled = () =>
    eventually(async () => {
      await pair.ask("a", "settle");
      await pair.ask("b", "settle");
      const [mine, theirs] = [await account("a", "we pay"), await account("b", "we are paid")];
      return mine.settled === mine.amount && theirs.settled === mine.settled;
    });

  /** a's account, once it stands where WireGuard's counter stands: a keepalive may come between. */
  const counted = async () => {
    let found = await account("a", "we pay");
    await eventually(async () => {
      await settled();
      found = await account("a", "we pay");
      return BigInt(found.raw ?? "0") === pair.transfer("a", paid())[1];
    });
    return found;
  };

  test("bytes on the paid tunnel are billed as WireGuard counts them, and paid", async () => {
    await pair.start("a");
    await pair.start("b");
    await flowing();
    pair.send(200);
    await settled();
    const { position, settled: signed } = await counted();
    expect(BigInt(position)).toBeGreaterThan(200_000n);
    expect(BigInt(signed)).toBe(BigInt(position) * 50_000_000n);
  });

  test("history, asked of the running agent, adds up to its accounts; made anew, it is the same", async () => {
    const history = async () => {
      const answer = await pair.ask("a", "history", JSON.stringify({ neighbour: 0 }));
      return (answer as { readonly rows: readonly HistoryText[] }).rows;
    };
    const rows = await history();
    const total = (kind: string, of: (row: HistoryText) => bigint) =>
      rows
        .filter((row) => row.kind === kind && row.direction === "we pay")
        .reduce((all, row) => all + of(row), 0n);
    const { settled: signed } = await account("a", "we pay");
    expect(total("payment", (row) => BigInt(row.amount ?? 0))).toBe(BigInt(signed));
    const moved = total(
      "usage",
      (row) => BigInt(row.toPosition ?? 0) - BigInt(row.fromPosition ?? 0),
    );
    expect(moved).toBeGreaterThan(0n);
    expect(await pair.ask("a", "reindex")).toBe("begun");
    await eventually(async () => {
      const stat = (await pair.ask("a", "history-stat")) as { readonly remade?: object };
      if (stat.remade !== undefined) expect(stat.remade).toMatchObject({ kept: 0, lost: 0 });
      return stat.remade !== undefined;
    });
    const again = await history();
    expect(again.slice(0, rows.length)).toEqual(rows);
    await expect(pair.ask("a", "history", "{}")).rejects.toThrow("allowed is a JSON object");
  });

  test("killed and started again it finds its counters, and owes not a byte more", async () => {
    const { position } = await account("a", "we pay");
    expect(await pair.signal("a", "SIGKILL")).toBe(null);
    expect(interfacesOf(pair.namespace("a"), pair.prefix("a"))).toHaveLength(2);
    await pair.start("a");
    await flowing();
    await settled();
    const again = await counted();
    expect(again.resets).toBe("0");
    expect(BigInt(again.position) - BigInt(position)).toBeLessThan(4096n); // handshakes at most
  });

  test("the history that both answer with is their ledger, through the kill, to the byte and grain", async () => {
    const history = async (name: Name, direction: string) => {
      const query = { neighbour: 0, kinds: ["usage", "payment"] };
      const answer = await pair.ask(name, "history", JSON.stringify(query));
      const { rows } = answer as { readonly rows: readonly HistoryText[] };
      const own = rows.filter((row) => row.direction === direction);
      const sum = (of: (row: HistoryText) => bigint) => own.reduce((all, row) => all + of(row), 0n);
      return {
        bytes: sum((row) => BigInt(row.toPosition ?? 0) - BigInt(row.fromPosition ?? 0)),
        paid: sum((row) => BigInt(row.amount ?? 0)),
        dated: own.every(({ seconds }) => seconds > Date.UTC(2024, 0, 1) / 1000),
      };
    };
    // The ledger of the journal on disk: what was read and not journaled yet is in neither.
    const journaled = async (name: Name) => {
      const { ledger } = await Effect.runPromise(ledgerOnDisk(pair.directory(name)));
      return ledger.neighbours[0];
    };
    await eventually(async () => {
      const [{ bytes, paid, dated }, ledger] = [await history("a", "we pay"), await journaled("a")];
      const account = ledger?.outbound[0];
      return dated && paid > 0n && bytes === account?.sent && paid === account.signed;
    });
    await eventually(async () => {
      const seen = await history("b", "we are paid");
      const account = (await journaled("b"))?.inbound[0];
      return seen.dated && seen.bytes === account?.read && seen.paid === account.credited;
    });
  });

  test("a tunnel of its prefix that nobody configured is removed at the start", async () => {
    await pair.signal("a", "SIGKILL");
    const name = `${pair.prefix("a")}old9`;
    execFileSync("ip", ["netns", "exec", pair.namespace("a"), "wireguard-go", name], {
      stdio: "ignore",
    });
    await eventually(async () => existsSync(uapiPath(name)));
    await pair.start("a");
    expect(interfacesOf(pair.namespace("a"), pair.prefix("a"))).not.toContain(name);
    expect(pair.log("a")).toContain(`removing the left-over tunnel ${name}`);
  });

  test("sockets of its killed WireGuard processes are removed at the start, and no others", async () => {
    await pair.signal("a", "SIGKILL");
    const [own, foreign] = [`${pair.prefix("a")}gone0`, `x${pair.prefix("a")}gone0`];
    for (const name of [own, foreign]) {
      const served = spawn("ip", [
        "netns",
        "exec",
        pair.namespace("a"),
        "wireguard-go",
        "-f",
        name,
      ]);
      await eventually(async () => existsSync(uapiPath(name)));
      served.kill("SIGKILL");
      await new Promise((resolve) => served.once("close", resolve));
    }
    expect([own, foreign].map((name) => existsSync(uapiPath(name)))).toEqual([true, true]);
    await pair.start("a");
    expect([own, foreign].map((name) => existsSync(uapiPath(name)))).toEqual([false, true]);
    expect(pair.log("a")).toContain(`removed sockets of ended WireGuard processes: ${own}`);
    rmSync(uapiPath(foreign));
  });

  test("told to keep its tunnels, it leaves them, and goes on with their counters", async () => {
    await flowing();
    await pair.ask("a", "stop", "keep");
    expect(await pair.wait("a")).toBe(0);
    expect(interfacesOf(pair.namespace("a"), pair.prefix("a"))).toHaveLength(2);
    await pair.start("a", { poke_interval: "3600000" });
    await pair.ask("a", "settle");
    expect((await account("a", "we pay")).resets).toBe("0");
  });

  test("a tunnel that is deleted is made again at once, long before the next poke", async () => {
    await flowing();
    const { pokes } = (await pair.status("a")).counts;
    expect(Number(pokes)).toBeLessThan(50);
    execFileSync("ip", ["-n", pair.namespace("a"), "link", "delete", "dev", paid()]);
    await eventually(async () => Number((await pair.status("a")).counts.repairs) === 1);
    await eventually(async () => (await account("a", "we pay")).resets === "1");
    const { position, overpaymentBound } = await account("a", "we pay");
    expect(BigInt(overpaymentBound)).toBe(2_000_000n * 200_000_000n);
    pair.send(100);
    await settled();
    const after = await account("a", "we pay");
    expect(BigInt(after.position) - BigInt(position)).toBeGreaterThan(100_000n);
  });

  test("ended by a signal, it settles and leaves nothing in the kernel", async () => {
    pair.send(100);
    for (const [name, signal] of [
      ["a", "SIGTERM"],
      ["b", "SIGINT"],
    ] as const) {
      const sockets = [0, 1].map((i) =>
        uapiPath(`${pair.prefix(name)}${name === "a" ? "b" : "a"}${i}`),
      );
      expect(await pair.signal(name, signal)).toBe(0);
      expect(kernelState(pair.namespace(name))).toBe(before[name]);
      expect(existsSync(controlPath(pair.directory(name)))).toBe(false);
      await eventually(async () => !sockets.some((one) => existsSync(one)));
    }
  });
});
