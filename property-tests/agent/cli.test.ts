import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileJournal } from "#adapters/journal/file-journal.ts";
import { Journal } from "#adapters/journal/journal.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { controlPath } from "#agent/agent/control-socket.ts";
import { drain, end, memoryRouters, rounds, start, traffic } from "./memory-routers.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));
const daemon = fileURLToPath(new URL("../../router-agent/daemon.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A home of its own for every run: nothing of the user's is read or written. */
let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-cli-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function launch(...args: readonly string[]): ChildProcess {
  const env = { ...process.env, XDG_STATE_HOME: home, HOME: home, NO_COLOR: "1" };
  return spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (part: Buffer) => {
    out += part.toString("utf8");
  });
  child.stderr?.on("data", (part: Buffer) => {
    err += part.toString("utf8");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const meshtoll = (...args: readonly string[]) => ended(launch(...args));

/** Runs the agent with the defaults while a story is told, then ends it with a signal. */
async function running(signal: NodeJS.Signals, story: () => Promise<void>): Promise<Ended> {
  const child = launch("run", "--defaults");
  const over = ended(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (part: Buffer) => {
      if (part.toString("utf8").includes("Ctrl-C")) resolve();
    });
    child.on("close", () => reject(new Error("the agent ended before it began")));
  });
  try {
    await story();
  } finally {
    child.kill(signal);
  }
  return over;
}

/** The journal of a router that was paid, in a directory, with a configuration that names it. */
async function paidJournal(name: string) {
  const world = memoryRouters();
  try {
    await start(world, "a");
    await start(world, "b");
    await rounds(world, 6);
    traffic(world, 1_500_000n, 20n);
    await drain(world);
    const directory = join(home, name, "journal");
    const append = Effect.gen(function* () {
      const journal = yield* Journal;
      for (const commit of world.b.disk.commits) yield* journal.append([commit]);
    });
    await Effect.runPromise(
      append.pipe(Effect.provide(Layer.fresh(fileJournal({ directory }))), Effect.scoped),
    );
    const { nodeId, tunnelPublicKey } = keysFromSeed("agent test a");
    const config = join(home, `${name}.json`);
    const text = JSON.stringify({
      journal: directory,
      keys: join(home, name, "keys"),
      neighbours: [{ name: "a", id: nodeId, tunnel_key: tunnelPublicKey, listen_port: "51820" }],
    });
    await writeFile(config, text, { mode: 0o600 });
    return { config, directory };
  } finally {
    await end(world);
  }
}

describe("the command line", () => {
  test("every command explains itself and ends with 0", async () => {
    const commands = (await meshtoll("--help")).out.match(/^ {2}[a-z-]+(?= {2,})/gm) ?? [];
    const names = commands.map((one) => one.trim()).filter((one) => !one.startsWith("-"));
    expect(names).toEqual(expect.arrayContaining(["run", "status", "explain", "journal", "demo"]));
    const helps = await Promise.all(names.map((name) => meshtoll(name, "--help")));
    for (const { code, out } of helps) {
      expect(code).toBe(0);
      expect(out).toContain("USAGE");
    }
  }, 300_000); // a process for each, at once

  test("bad usage ends with 3 and says what is wrong", async () => {
    const unknown = await meshtoll("bogus");
    expect(unknown.code).toBe(3);
    expect(unknown.out + unknown.err).toContain('Unknown subcommand "bogus"');
    const missing = await meshtoll("run");
    expect(missing).toMatchObject({ code: 3, out: "" });
    expect(missing.err).toContain("run --config FILE, or run --defaults");
    const absent = await meshtoll("status", "--config", join(home, "no-such-file"));
    expect(absent.code).toBe(3);
    expect(absent.err).toContain("found ENOENT, allowed is a file that can be read");
  });

  test("without an agent and without a journal, status and stop say what to do", async () => {
    const nobody = ["--config", join(home, "nobody.json")];
    await writeFile(join(home, "nobody.json"), `{"journal": "${home}/nowhere"}`);
    const status = await meshtoll("status", ...nobody);
    expect(status.code).toBe(3);
    expect(status.err).toContain("or create it");
    const stop = await meshtoll("stop", ...nobody);
    expect(stop.code).toBe(3);
    expect(stop.err).toContain("is it running?");
  });

  test("with the defaults it runs without root, answers, and ends clean on a signal", async () => {
    const journal = join(home, "meshtoll", "journal");
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const over = await running(signal, async () => {
        const status = JSON.parse((await meshtoll("status", "--json")).out);
        expect(status).toMatchObject({ running: true, neighbours: [] });
        expect(statSync(journal).mode & 0o777).toBe(0o700);
        expect(statSync(controlPath(journal)).mode & 0o777).toBe(0o600);
        const second = await meshtoll("run", "--defaults");
        expect(second.code).toBe(3);
        expect(second.err).toContain("stop that agent first");
        expect((await meshtoll("settle")).out).toBe("settled\n");
      });
      expect(over.code).toBe(0);
      expect(over.out).toContain("What to do next");
      expect(existsSync(controlPath(journal))).toBe(false);
      expect(readdirSync(journal).filter((one) => one.startsWith("lock"))).toEqual([]);
    }
    const { code, out } = await meshtoll("status", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ running: false, run: "2" });
  });

  test("the daemon for small routers runs from a file, answers, and is ended by a signal", async () => {
    const config = join(home, "daemon.json");
    const directory = join(home, "daemon", "journal");
    await writeFile(
      config,
      JSON.stringify({ journal: directory, keys: join(home, "daemon/keys") }),
    );
    const child = spawn(process.execPath, [daemon, "--config", config, "--keep-tunnels"]);
    const over = ended(child);
    while (!existsSync(controlPath(directory))) await new Promise((done) => setTimeout(done, 20));
    const status = JSON.parse((await meshtoll("status", "--json", "--config", config)).out);
    expect(status).toMatchObject({ running: true, run: "1" });
    child.kill("SIGTERM");
    expect(await over).toMatchObject({ code: 0, err: "" });
    const lost = await ended(spawn(process.execPath, [daemon]));
    expect(lost).toMatchObject({
      code: 3,
      err: "usage: daemon --config FILE [--keep-tunnels | --check]\n",
    });
  });

  test("killed with SIGKILL it starts again, and its journal is whole", async () => {
    const killed = await running("SIGKILL", async () => {});
    expect(killed.code).toBe(null);
    const over = await running("SIGTERM", async () => {});
    expect(over.code).toBe(0);
    const verified = await meshtoll("journal", "verify", "--json");
    expect(verified.code).toBe(0);
    const told = JSON.parse(verified.out);
    expect(told).toMatchObject({
      verdict: "agree",
      journals: [{ verdict: "agree", findings: [] }],
    });
    expect(told.journals[0].damage).toBeUndefined();
  });

  test("another node's keys beside a journal are refused by both names, and change nothing", async () => {
    const keys = join(home, "meshtoll", "keys");
    const own = readFileSync(keys);
    rmSync(keys);
    await meshtoll("keys");
    const strange = readFileSync(keys);
    expect(strange.equals(own)).toBe(false);
    const refused = await meshtoll("run", "--defaults");
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/belongs to node 0[23][0-9a-f]{64}, .* to 0[23][0-9a-f]{64}: /);
    writeFileSync(keys, own);
    expect((await running("SIGTERM", async () => {})).code).toBe(0);
  });

  test("a journal at rest is shown, explained to the grain and verified", async () => {
    const { config, directory } = await paidJournal("whole");
    const before = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
    const ledger = JSON.parse((await meshtoll("ledger", "a", "--json", "--config", config)).out);
    const account = ledger.accounts.find(
      (one: { readonly direction: string }) => one.direction === "we are paid",
    );
    expect(account).toMatchObject({
      position: "1470000",
      amount: String(1_470_000n * 50_000_000n),
    });
    const explained = await meshtoll("explain", "a", "--json", "--config", config);
    const { events } = JSON.parse(explained.out);
    const last = events.findLast((one: { readonly words: string }) =>
      one.words.startsWith("payment credited"),
    );
    expect(last.settled).toBe(account.settled);
    expect(BigInt(last.settled)).toBeGreaterThanOrEqual(BigInt(account.amount));
    expect(last.settledText).toBe("0.000075 USDC");
    const text = await meshtoll("explain", "a", "--last", "2", "--config", config);
    expect(text.out.trim().split("\n")).toHaveLength(2);
    const stranger = await meshtoll("explain", "zoe", "--config", config);
    expect(stranger).toMatchObject({ code: 3, err: 'no neighbour "zoe"; there are: a\n' });
    const verified = await meshtoll("journal", "verify", "--journal", directory);
    expect(verified.out).toContain("every checksum, hash, signature and rule holds");
    const after = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
    expect(after).toEqual(before);
  });

  test("a journal with an overwritten commit is called damaged, with its place and code 2", async () => {
    const { directory } = await paidJournal("flipped");
    const name = readdirSync(directory).find((one) => one.endsWith("00000001")) ?? "";
    const bytes = readFileSync(join(directory, name));
    bytes.fill(0xff, 1040, 1100); // in the first commit: what follows proves that it was durable
    await writeFile(join(directory, name), bytes);
    const verified = await meshtoll("journal", "verify", "--journal", directory);
    expect(verified.code).toBe(2);
    expect(verified.out).toMatch(/DAMAGED .*segment.* at byte \d+: /);
  });
});
