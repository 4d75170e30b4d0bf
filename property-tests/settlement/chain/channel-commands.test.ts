import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { writeKeyFile } from "#adapters/keys/key-file-text.ts";
import { secretSigner } from "#adapters/keys/secret-signer.ts";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { clamped } from "#adapters/keys/tunnel-key.ts";
import { readVoucherFile } from "#adapters/settlement/chain/watchtower.ts";
import { voucherFacts } from "#agent/agent/channel-request.ts";
import { controlPath, controlSocket } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { answerRequest, type Ending } from "#agent/agent/request.ts";
import { renderConfig } from "#agent/config/config-text.ts";
import { addressOf } from "#core/settlement/address.ts";
import { tokenUnits } from "#core/units/money.ts";
import { end, memoryRouters, rounds, start } from "../../agent/memory-routers.ts";
import { type ChainLab, openChainLab, riches, step, voucher } from "./chain-lab.ts";

const main = fileURLToPath(new URL("../../../router-agent/main.ts", import.meta.url));

let lab: ChainLab;
let blocks: NodeJS.Timeout;
let home: string;
beforeAll(async () => {
  lab = await openChainLab();
  blocks = setInterval(() => void lab.mine().catch(() => undefined), 100);
});
afterAll(async () => {
  clearInterval(blocks);
  await lab.close();
});
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-channels-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The real program with a configuration in the test's home. */
function meshtoll(...args: readonly string[]): Promise<Said> {
  const env = { ...process.env, XDG_STATE_HOME: home, HOME: home, NO_COLOR: "1" };
  const words = [main, ...args, "--config", join(home, "config.json")];
  const child = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part: Buffer) => {
    said.out += part.toString("utf8");
  });
  child.stderr.on("data", (part: Buffer) => {
    said.err += part.toString("utf8");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said })));
}

const secret = new Uint8Array(32).fill(7);
const self = secretSigner(secret);
const neighbour = keysFromSeed("channel commands").signer;

/** A configuration and keys for a node whose only neighbour is another. */
function settle(changes: Readonly<Record<string, unknown>> = {}): void {
  const { tunnelPublicKey, nodeId } = keysFromSeed("channel commands");
  mkdirSync(join(home, "journal"), { mode: 0o700 });
  const options = {
    journal: join(home, "journal"),
    keys: join(home, "keys"),
    chain_id: `${lab.place.chainId}`,
    contract: lab.place.contract,
    channel_notice: "600",
    rpc: [lab.url],
    chain_interval: "100",
    ...changes,
    neighbours: [{ name: "anna", id: nodeId, tunnel_key: tunnelPublicKey, listen_port: "51820" }],
  };
  writeFileSync(join(home, "config.json"), JSON.stringify(options));
  const keys = writeKeyFile({ node: secret, tunnel: clamped(new Uint8Array(32).fill(9)) });
  writeFileSync(join(home, "keys"), keys, { mode: 0o600 });
}

describe("commands about channels", () => {
  test("recover gets deposits back without an agent, a journal or the neighbour", {
    timeout: 120_000,
  }, async () => {
    settle();
    await lab.rpc("anvil_setBalance", `0x${addressOf(self.id)}`, `0x${riches.toString(16)}`);
    const session = lab.session(self);
    await session.look([neighbour.id]);
    await session.perform(neighbour.id, step({ type: "Open", deposit: tokenUnits(10n ** 18n) }));
    await lab.mine(3);
    const dry = await meshtoll("channel", "recover", "--dry-run", "--json");
    expect(JSON.parse(dry.out)).toMatchObject([
      { neighbour: "anna", status: "open", step: "StartClose" },
    ]);
    expect(dry.err).toContain("only deposits come back");
    const running = meshtoll("channel", "recover");
    for (let i = 0; i < 1000; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const [fact] = (await session.look([neighbour.id])).facts;
      if (fact?.outlook.status === "closing") break;
    }
    await lab.rpc("evm_increaseTime", 700);
    const said = await running;
    expect(said).toMatchObject({ code: 0 });
    expect(said.out).toMatch(
      /anna: open; StartClose: sent[\s\S]*anna: closing; Finish: sent[\s\S]*anna: none/,
    );
    expect(await lab.held()).toBe(0n);
  });

  test("watch registers a voucher when its channel is closed without it, and ends with the channel", {
    timeout: 120_000,
  }, async () => {
    settle({ channel_notice: "601" });
    const { a, b } = lab;
    const place = { ...lab.place, notice: 601n };
    const [ofA, ofB] = [lab.session(a, { place }), lab.session(b, { place })];
    await ofA.look([b.id]);
    await ofA.perform(b.id, step({ type: "Open", deposit: tokenUnits(1000n) }));
    await lab.mine(3);
    const channelId = (await ofB.look([a.id])).facts[0]?.channelId ?? "";
    const best = voucher(place, a, channelId, tokenUnits(321n));
    const file = join(home, "voucher");
    writeFileSync(file, toJson(voucherFacts({ ...place, channelId }, best)));
    const quiet = await meshtoll("watch", "--voucher", file, "--once");
    expect(quiet.out).toBe("the channel is open: nothing to do\n");
    // The payee is off; its tower pays the fee from an account of its own.
    await lab.rpc("anvil_setBalance", `0x${addressOf(self.id)}`, `0x${riches.toString(16)}`);
    const tower = meshtoll("watch", "--voucher", file);
    await ofA.look([b.id]);
    await ofA.perform(b.id, step({ type: "StartClose" }));
    for (let i = 0; i < 1000; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const [fact] = (await ofB.look([a.id])).facts;
      if (fact?.outlook.registeredIn === 321n) break;
    }
    await lab.rpc("evm_increaseTime", 700);
    await lab.mine(2);
    await ofA.look([b.id]);
    await ofA.perform(b.id, step({ type: "Finish" }));
    const { out, code } = await tower;
    expect(code).toBe(0);
    expect(out).toContain("being closed without the voucher: sent");
    expect(out.trimEnd().split("\n").at(-1)).toBe(
      "the channel is closed: nothing to watch any more",
    );
    await lab.mine(3);
    expect((await ofB.look([a.id])).facts[0]).toMatchObject({ settledIn: 321n });
  });

  test("a voucher file that is damaged, signed by nobody or for another place is refused with words", async () => {
    settle();
    const best = voucher(lab.place, lab.a, "ab".repeat(32), tokenUnits(5n));
    const text = toJson(voucherFacts({ ...lab.place, channelId: "ab".repeat(32) }, best));
    expect(readVoucherFile(text)).toMatchObject({ cumulative: 5n, payer: addressOf(lab.a.id) });
    const file = join(home, "voucher");
    for (const [wrong, words] of [
      ["nonsense", /no JSON/],
      ["{}", /version 1/],
      [
        text.replace(/"signature":"[0-9a-f]{130}"/, `"signature":"${"00".repeat(65)}"`),
        /nobody signed/,
      ],
      [text.replace('"5"', '"-5"'), /cumulative: found "-5"/],
      ["x".repeat(5000), /at most 4096/],
      [text.replace(lab.place.contract, "ee".repeat(20)), /the voucher is for contract 0xeeee/],
    ] as const) {
      writeFileSync(file, wrong);
      const { code, err } = await meshtoll("watch", "--voucher", file, "--once");
      expect(code, wrong).not.toBe(0);
      expect(err, wrong).toMatch(words);
    }
  });

  test("status, dry runs and refusals come from the running agent, for people and as JSON", {
    timeout: 60_000,
  }, async () => {
    const world = memoryRouters({
      chain_id: `${lab.place.chainId}`,
      contract: lab.place.contract,
      channel_notice: "602",
      rpc: [lab.url],
      chain_interval: "50",
    });
    const scope = Effect.runSync(Scope.make());
    try {
      const agent = await start(world, "a");
      const journal = join(home, "journal");
      mkdirSync(journal, { mode: 0o700 });
      const config = {
        ...world.a.config,
        journal: { ...world.a.config.journal, directory: journal },
      };
      writeFileSync(join(home, "config.json"), renderConfig(config, "json"));
      const stopping = Effect.runSync(Deferred.make<Ending>());
      const answer = answerRequest(agent, stopping, { keeper: world.a.keeper });
      await Effect.runPromise(Scope.provide(controlSocket(controlPath(journal), answer), scope));
      const tried = async (): Promise<boolean> => {
        const found = await Effect.runPromise(answer(["channel", "status"]));
        const { channels } = found as { readonly channels: readonly { readonly last?: object }[] };
        return channels[0]?.last !== undefined;
      };
      for (let i = 0; i < 1000 && !(await tried()); i++) {
        await rounds(world, 1);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      const people = await meshtoll("channel", "status");
      expect(people.out).toMatch(/^channels: contract 0x[0-9a-f]{40} on chain 31337\naccount 0x/);
      expect(people.out).toContain("b: none");
      // The account has no coin: the keeper says what is missing, and goes on.
      expect(people.out).toMatch(/last: Open: .*send it some of the chain's coin/);
      const json = JSON.parse((await meshtoll("channel", "status", "--json")).out);
      expect(json.channels).toMatchObject([{ neighbour: "b", status: "none" }]);
      const refused = await meshtoll("channel", "topup", "b", "5");
      expect(refused.code).not.toBe(0);
      expect(refused.err).toContain("no open channel with b");
      const nobody = await meshtoll("channel", "close", "zoe");
      expect(nobody.err).toContain("no neighbour is called");
      const recover = await meshtoll("channel", "recover", "--once");
      expect(recover.err).toContain("an agent runs with this journal");
    } finally {
      await Effect.runPromise(Scope.close(scope, Exit.void));
      await end(world);
    }
  });

  test("deploy puts the contract on a chain, and says what to configure", {
    timeout: 60_000,
  }, async () => {
    settle();
    await lab.rpc("anvil_setBalance", `0x${addressOf(self.id)}`, `0x${riches.toString(16)}`);
    const dry = await meshtoll("channel", "deploy", "--rpc", lab.url, "--dry-run");
    expect(JSON.parse(dry.out)).toMatchObject({
      account: `0x${addressOf(self.id)}`,
      chainId: "31337",
    });
    const { out } = await meshtoll("channel", "deploy", "--rpc", lab.url);
    const contract = /option contract '([0-9a-f]{40})'/.exec(out)?.[1] ?? "";
    const fromBlock = BigInt(/option contract_block '(\d+)'/.exec(out)?.[1] ?? "0");
    expect(out).toContain("option chain_id '31337'");
    const { facts } = await lab.session(lab.a, { place: { contract, fromBlock } }).look([lab.b.id]);
    expect(facts[0]?.outlook.status).toBe("none");
  });

  test("keys that others may read, and a configuration without a chain, are refused", async () => {
    settle();
    const { chmodSync } = await import("node:fs");
    chmodSync(join(home, "keys"), 0o644);
    const exposed = await meshtoll("channel", "recover", "--once");
    expect(exposed.code).not.toBe(0);
    expect(exposed.err).toMatch(/keys/);
    writeFileSync(join(home, "config.json"), JSON.stringify({ journal: join(home, "journal") }));
    const without = await meshtoll("channel", "recover", "--once");
    expect(without.err).toContain("names no chain");
  });
});
