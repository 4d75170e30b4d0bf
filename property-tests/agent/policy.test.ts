import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { readRemembered, writeRemembered } from "#agent/agent/remembered-file.ts";
import { withRemembered } from "#agent/agent/remembered-neighbour.ts";
import { answerRequest, type Ending } from "#agent/agent/request.ts";
import type { Config } from "#agent/config/config.ts";
import { wishesOf } from "#agent/config/market-config.ts";
import { readDocument, writeDocument } from "#agent/policy/policy-document.ts";
import { policyNotice, withPolicy } from "#agent/policy/policy-effect.ts";
import { type PolicyFacts, policyInForce, startPolicyKeeper } from "#agent/policy/policy-keeper.ts";
import { decisionPath, saveDecision } from "#agent/policy/policy-store.ts";
import { signNetworkPolicy } from "#core/enforcement/network-policy-form.ts";
import { price } from "#core/units/price.ts";
import { accepted, complaints, neighbour } from "../config/config-bench.ts";
import { end, type MemoryRouters, memoryRouters, start } from "./memory-routers.ts";

const { signer } = keysFromSeed("policy test organiser");

let home: string;
let world: MemoryRouters | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "defence-policy-"));
  mkdirSync(join(home, "journal"), { mode: 0o700 });
});
afterEach(async () => {
  if (world !== undefined) await end(world);
  world = undefined;
  rmSync(home, { recursive: true, force: true });
});

const policyOf = (serial: bigint, freeRate: bigint, expires = 4_000_000_000n) =>
  signNetworkPolicy(signer, {
    name: "Hill network",
    serial,
    expires,
    freeRate,
    tokens: [],
    prices: [],
    exits: [],
    versions: { oldest: 1, newest: 9 },
  });

const options = (change: object = {}) => ({
  journal: join(home, "journal"),
  keys: join(home, "keys"),
  organiser: signer.id,
  ...change,
});

const configOf = (change: object = {}): Config => accepted(JSON.stringify(options(change)));
const inForce = (config: Config) => Effect.runPromise(policyInForce(config));
const decide = (standing: "accepted" | "refused", policy: ReturnType<typeof policyOf>) =>
  Effect.runPromise(saveDecision(join(home, "journal"), { standing, policy }));

describe("what is in force", () => {
  test("is what was accepted, until it is refused, its time is over, or its file is damaged", async () => {
    const config = configOf();
    expect((await inForce(config)).words).toBe("none was accepted");
    await decide("accepted", policyOf(3n, 2_000_000n));
    expect((await inForce(config)).inForce?.serial).toBe(3n);
    expect(statSync(decisionPath(config.journal.directory)).mode & 0o777).toBe(0o600);
    await decide("refused", policyOf(3n, 2_000_000n));
    expect((await inForce(config)).inForce).toBeUndefined();
    await decide("accepted", policyOf(3n, 2_000_000n, 1_750_000_000n));
    expect((await inForce(config)).words).toContain("expired policy");
    writeFileSync(decisionPath(config.journal.directory), "accepted\nnonsense");
    expect((await inForce(config)).words).toContain("damaged");
  });

  test("is nothing of another organiser's, nor where it is off", async () => {
    await decide("accepted", policyOf(3n, 2_000_000n));
    expect((await inForce(configOf({ policy: "off" }))).inForce).toBeUndefined();
    const other = keysFromSeed("somebody else").nodeId;
    expect((await inForce(configOf({ organiser: other }))).words).toContain("another organiser");
  });

  test("follows newer ones from a file, within the operator's bounds, and takes nothing there where it is told to ask", async () => {
    const file = join(home, "newer");
    const follow = configOf({ policy: "follow", policy_file: file });
    expect((await inForce(follow)).inForce).toBeUndefined();
    writeFileSync(file, writeDocument(policyOf(4n, 20_000_000n)));
    expect((await inForce(follow)).inForce).toBeUndefined(); // beyond the bounds
    writeFileSync(file, writeDocument(policyOf(5n, 3_000_000n)));
    expect((await inForce(configOf({ policy: "ask", policy_file: file }))).inForce).toBeUndefined();
    expect((await inForce(follow)).inForce?.serial).toBe(5n);
    writeFileSync(file, writeDocument(policyOf(4n, 1_000_000n)));
    expect((await inForce(follow)).inForce?.serial).toBe(5n); // not back
    await decide("refused", policyOf(5n, 3_000_000n));
    writeFileSync(file, writeDocument(policyOf(5n, 3_000_000n)));
    expect((await inForce(follow)).inForce).toBeUndefined(); // the operator's word counts
    writeFileSync(file, "x".repeat(100_000));
    expect((await inForce(follow)).inForce).toBeUndefined();
  });
});

test("a running agent takes the free rate of what is accepted, and its own back when it is refused", async () => {
  const made = memoryRouters({ journal: join(home, "journal"), organiser: signer.id });
  world = made;
  let look: Effect.Effect<unknown> = Effect.void;
  const agent = await start(made, "a", {
    beside: (running) =>
      Effect.gen(function* () {
        const first = yield* policyInForce(running.config());
        const keeper = yield* startPolicyKeeper(running, () => made.a.config, first, 3_600_000);
        look = keeper.look;
      }),
  });
  const free = () => agent.blueprint().neighbours[0]?.queue.freeRate;
  expect(free()).toBe(1_000_000n);
  await decide("accepted", policyOf(1n, 2_500_000n));
  await Effect.runPromise(look);
  expect(free()).toBe(2_500_000n);
  expect(agent.config().rates.link).toBe(made.a.config.rates.link);
  await decide("refused", policyOf(1n, 2_500_000n));
  await Effect.runPromise(look);
  expect(free()).toBe(1_000_000n);
});

describe("what an accepted policy says where nothing is written", () => {
  const told = (change: Partial<Parameters<typeof signNetworkPolicy>[1]>) =>
    signNetworkPolicy(signer, { ...policyOf(1n, 1_000_000n), ...change });
  const priced = (main: object, ...neighbours: readonly object[]) =>
    accepted(
      JSON.stringify({
        ...options(main),
        neighbours: neighbours.map((one, i) => neighbour(i + 1, { ...one })),
      }),
    );
  const asked = ({ neighbours }: Config) =>
    neighbours.map(({ charge }) => (charge.kind === "price" ? charge.prices : charge.fee));

  test("its prices are the default of prices, class by class; a price, a fee or a tariff that is written stays", () => {
    const config = priced(
      {},
      {},
      { classes: "3" },
      { price: "0.03/GB" },
      { resells_via: "n1", fee: "7" },
      { delivery: "exit" },
      { delivery: "exit", tariff: "0.02/GB" },
    );
    const own = 50_000_000n;
    expect(asked(config)).toEqual([[own], [own, own, own], [30_000_000n], 7n, [own], [own]]);
    const { neighbours } = withPolicy(config, told({ prices: [40n, 60n] }));
    expect(asked({ ...config, neighbours })).toEqual([
      [40n],
      [40n, 60n, own],
      [30_000_000n],
      7n,
      [40n],
      [40n],
    ]);
    expect(neighbours.slice(4).map(({ delivery }) => delivery?.tariff)).toEqual([40n, 20_000_000n]);
    expect(withPolicy(withPolicy(config, told({ prices: [40n] })), undefined)).toEqual(
      withPolicy(config, undefined),
    );
  });

  test("they are what strangers pay and what the slider is set around, unless that is written", () => {
    const policy = told({ prices: [40n] });
    const open = withPolicy(priced({ market: "slider" }), policy);
    expect(open.discovery.price).toBe(40n);
    expect(open.market.suggested).toBe(40n);
    expect(wishesOf(open)?.floor).not.toBe(wishesOf(priced({ market: "slider" }))?.floor);
    const written = { market: "slider", market_usual_price: "0.02/GB", discovery_price: "0.02/GB" };
    const closed = withPolicy(priced(written), policy);
    expect(closed.discovery.price).toBe(20_000_000n);
    expect(wishesOf(closed)).toEqual(wishesOf(priced(written)));
  });

  test("prices beyond the operator's own bounds are not taken, and told; the free rate is", () => {
    for (const [main, prices, words] of [
      [{ price_cap: "0.06/GB" }, [60_000_001n], "price_cap allows 60000000"],
      [{}, [(1n << 64n) - 1n], "price_cap allows"],
    ] as const) {
      const config = priced(main, {});
      const policy = told({ prices, freeRate: 2_000_000n });
      expect(asked(withPolicy(config, policy))).toEqual([[50_000_000n]]);
      expect(withPolicy(config, policy).rates.free).toBe(2_000_000n);
      expect(policyNotice(config, policy)).toContain(words);
    }
    const bidding = priced({}, { send_bid: "0.04/GB" });
    const policy = told({ prices: [70_000_000n] });
    expect(asked(withPolicy(bidding, policy))).toEqual([[50_000_000n]]);
    expect(policyNotice(bidding, policy)).toContain("send_bid");
    expect(policyNotice(priced({}, {}), policy)).toBeUndefined();
  });

  test("strangers that it names as exits are candidates where exits are looked for and nothing is written of strangers", () => {
    const exits = [keysFromSeed("an exit").nodeId];
    const main = {
      discovery_interface: "eth0",
      discovery_policy: "accept",
      exit_route: "0.0.0.0/0",
    };
    const named = (change: object) =>
      withPolicy(priced({ ...main, ...change }, { delivery: "client" }), told({ exits })).discovery
        .exits;
    expect(named({})).toEqual(exits);
    expect(named({ discovery_delivery: "none" })).toEqual([]);
    expect(named({ discovery_delivery: "client" })).toEqual([]);
    expect(withPolicy(priced(main, { delivery: "client" }), undefined).discovery.exits).toEqual([]);
    const quiet = priced({ discovery_interface: "eth0" });
    expect(withPolicy(quiet, told({ exits })).discovery.exits).toEqual([]);
    // With an organiser the routes may wait for whom it names; without one they lead nowhere.
    expect(() => priced(main)).not.toThrow();
    const { organiser: _, ...alone } = options(main);
    expect(complaints(JSON.stringify(alone))).toContain("exit_route");
  });

  test("a stranger that became an exit by a policy stays our exit's account, and is chosen only while a policy names it", () => {
    const exit = keysFromSeed("an exit");
    const config = priced({
      discovery_interface: "eth0",
      discovery_policy: "accept",
      exit_route: "0.0.0.0/0",
    });
    const found = {
      id: exit.nodeId,
      name: "nexit",
      standing: "accepted",
      tunnelKey: exit.tunnelPublicKey,
      replaces: undefined,
      classes: 1,
      listenPort: 52_000,
      interfaceName: "eth0",
      address: "fe80::1",
      port: 52_000,
      exit: true,
    } as const;
    expect(readRemembered(writeRemembered([found]))).toEqual([found]);
    const [one] = withRemembered(config, config, [found]).neighbours;
    expect(one?.delivery).toMatchObject({ role: "client", carrier: 1 });
    expect(one?.exitByPolicy).toBe(true);
    const { exit: _, ...plain } = found;
    expect(readRemembered(writeRemembered([plain]))).toEqual([plain]);
    expect(withRemembered(config, config, [plain]).neighbours[0]?.delivery).toBeUndefined();
  });
});

test("a running agent takes what is suggested for leases to come, and an operator's price goes first", async () => {
  const made = memoryRouters({ journal: join(home, "journal"), organiser: signer.id });
  const [b] = made.b.config.neighbours;
  if (b === undefined) throw new Error("b has no neighbour");
  const open = { ...b, openPrices: [price(50_000_000n)] };
  Object.assign(made.b, { config: { ...made.b.config, neighbours: [open] } });
  world = made;
  let look: Effect.Effect<PolicyFacts> = Effect.succeed({ inForce: undefined, words: "" });
  await start(made, "a");
  const agent = await start(made, "b", {
    beside: (running) =>
      Effect.gen(function* () {
        const first = yield* policyInForce(running.config());
        const keeper = yield* startPolicyKeeper(running, () => made.b.config, first, 3_600_000);
        look = keeper.look;
      }),
  });
  const asks = () => agent.blueprint().neighbours[0]?.policy.prices;
  const suggest = (serial: bigint, ...prices: readonly bigint[]) =>
    decide("accepted", signNetworkPolicy(signer, { ...policyOf(serial, 1_000_000n), prices }));
  await suggest(1n, 40n);
  await Effect.runPromise(look);
  expect(asks()).toEqual([{ kind: "fixed", price: 40n }]);
  await suggest(2n, 10n ** 18n);
  const facts = await Effect.runPromise(look);
  expect(facts.notice).toContain("price_cap");
  expect(asks()).toEqual([{ kind: "fixed", price: 50_000_000n }]);
  const stopping = await Effect.runPromise(Deferred.make<Ending>());
  await Effect.runPromise(answerRequest(agent, stopping)(["set-price", "a", "70"]));
  await suggest(3n, 40n);
  await Effect.runPromise(look);
  expect(asks()).toEqual([{ kind: "fixed", price: 70n }]);
});

describe("the command", () => {
  const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));
  const path = () => join(home, "node.json");
  const run = (...args: readonly string[]) => {
    const done = spawnSync(process.execPath, [main, "policy", ...args, "--config", path()], {
      encoding: "utf8",
    });
    return { code: done.status, out: done.stdout, err: done.stderr };
  };
  const write = (name: string, value: unknown) => {
    const at = join(home, name);
    writeFileSync(at, JSON.stringify(value), { mode: 0o600 });
    return at;
  };
  const text = {
    name: "Hill network",
    serial: "2",
    expires: "2090-01-01T00:00:00Z",
    free_rate: "2000000",
    versions: { oldest: 1, newest: 2 },
  };

  test("signs, shows, accepts and refuses; forged, older and contradicting ones are refused in words", async () => {
    write("node.json", { journal: join(home, "journal"), keys: join(home, "keys") });
    const signed = join(home, "signed");
    const made = run("sign", "--from", write("text.json", text), "--to", signed, "--json");
    const { policy } = JSON.parse(made.out);
    expect(policy).toMatchObject({ name: "Hill network", serial: "2", expires: text.expires });
    expect(statSync(signed).mode & 0o777).toBe(0o644);
    expect(run("accept", signed).err).toContain("another organiser");

    write("node.json", options({ organiser: policy.organiser }));
    expect(JSON.parse(run("show", signed, "--json").out)).toMatchObject({ refusal: null });
    expect(run("accept", signed).out).toContain("is accepted: in force from the next start on");
    expect(JSON.parse(run("show", "--json").out).policy).toMatchObject({ free_rate: "2000000" });

    const forged = join(home, "forged");
    const document = readFileSync(signed, "utf8");
    writeFileSync(forged, document.replace(/[0-9a-f]{8}$/m, "00000000"));
    expect(run("accept", forged)).toMatchObject({ code: 3 });
    expect(readDocument(readFileSync(forged, "utf8"))).toBeDefined();
    const older = { ...text, serial: "1" };
    run("sign", "--from", write("older.json", older), "--to", join(home, "older"));
    expect(run("accept", join(home, "older")).err).toContain("older policy");
    const other = { ...text, name: "Other words" };
    run("sign", "--from", write("other.json", other), "--to", join(home, "other"));
    expect(run("accept", join(home, "other")).err).toContain("two policies of one serial");

    expect(run("refuse").out).toContain("is refused");
    expect(JSON.parse(run("show", "--json").out).policy).toBeNull();
  });

  test("what an organiser writes wrongly is refused with its place, and nothing is written", () => {
    write("node.json", options());
    const to = join(home, "never");
    const said = (change: object) =>
      run("sign", "--from", write("bad.json", { ...text, ...change }), "--to", to).err;
    expect(said({ serial: "0" })).toContain("serial");
    expect(said({ free_rate: "1000000000001" })).toContain("free_rate");
    expect(said({ prices: ["18446744073709551616"] })).toContain("prices.0");
    expect(said({ expires: "tomorrow" })).toContain("expires");
    expect(said({ versions: { oldest: 2, newest: 1 } })).toContain("oldest is above newest");
    expect(said({ reboot: true })).toContain("is refused");
    expect(() => statSync(to)).toThrow();
  });
});

test("options about the organiser that contradict each other are refused, and told why", () => {
  const of = (change: object) => complaints(JSON.stringify(change));
  expect(of({ policy: "follow", policy_file: "/tmp/x" })).toContain("without organiser");
  expect(of({ policy: "follow", organiser: signer.id })).toContain("policy_file");
  expect(of({ policy_free_least: "2Mbit", policy_free_most: "1Mbit" })).toContain("at most");
  expect(of({ organiser: "0x12" })).toContain("a node id");
});
