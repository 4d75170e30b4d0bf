import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type MarketStage, marketStage } from "../../market-stage.ts";
import { report } from "./report.ts";

/** Grains that x asks for a delivered byte, as the stage has it. */
const tariff = 100_000_000n;

/** L of each delivery account: 400 kB of the tariff; and what an exit sends ahead of payment, in bytes. */
const credit = { words: "0.00004 USDC", grains: 40_000_000_000_000n } as const;
const ahead = { words: "100kB", bytes: 100_000n } as const;

const terms = {
  pay_threshold: "0.000005 USDC",
  credit_limit: credit.words,
  reservation: "650kB",
  read_chunk: "20kB",
  round_trip: ahead.words,
  link_rate: "4Mbit",
  poke_interval: "2000",
} as const;

const clients = ["c1", "c2"] as const;
type Client = (typeof clients)[number];

/** Each download, in datagrams of 1000 bytes. */
const datagrams = 150;

/** Milliseconds between two of them: what is beyond `round_trip` between two looks goes in the free class. */
const pace = 50;

/** Between two questions to agents that have one processor together, in milliseconds. */
const pause = 3000;

/** How long anything that must happen is waited for, in milliseconds of the machine. */
const patience = 240_000;

interface Check {
  readonly claim: string;
  readonly holds: boolean;
  readonly found: string;
}

/**
 * An exit with two clients on the kernel's own WireGuard: each pays for what it gets, one that stops
 * paying gets what is sent ahead and no more, and both have queues of their own whose flows take turns.
 */
export async function serveClients(): Promise<object> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  const stage = await marketStage({
    present: ["x", ...clients],
    program,
    pace,
    changes: (place) => (place === "x" ? { ...terms, clients: ["users 50Mbit"] } : terms),
    between: (place) => (place === "x" ? { delivery_rate: "2Mbit" } : {}),
  });
  const checks: Check[] = [];
  const check = (claim: string, holds: boolean, found: string): void => {
    checks.push({ claim, holds, found });
    report({ claim, holds, found });
  };
  try {
    const users = ["link", "add", "users", "type", "dummy"];
    execFileSync("ip", ["-n", stage.namespace("x"), ...users]);
    await stage.start();
    report({ step: "an exit and two clients answer" });
    for (const client of clients) await serve(stage, client, check);
    judgeQueues(stage, check);
    await refuse(stage, check);
    await serve(stage, "c1", check);
    return { passed: checks.every(({ holds }) => holds), checks };
  } finally {
    await stage.close();
  }
}

type Tell = (claim: string, holds: boolean, found: string) => void;

/** A download, and its payment to the grain. */
async function serve(stage: MarketStage, client: Client, check: Tell): Promise<void> {
  const ready = await eventually(async () => {
    const taken = (await stage.exits(client)).find((one) => one.taken)?.exit;
    const { leased, position } = await delivery(stage, "x", client);
    return taken === "x" && BigInt(leased) > BigInt(position);
  });
  const before = BigInt((await delivery(stage, "x", client)).position);
  // Between two looks of a slow machine more than `round_trip` may come: that goes for nothing, and it asks again.
  const moved = await eventually(async () => {
    await stage.download(client, datagrams);
    const { position } = await delivery(stage, "x", client);
    return BigInt(position) - before >= BigInt(datagrams) * 1000n;
  });
  const settled = await eventually(async () => {
    await stage.ask("x", "settle");
    await stage.ask(client, "settle");
    const [exit, own] = [await delivery(stage, "x", client), await delivery(stage, client, "x")];
    return exit.settled === exit.amount && exit.settled === own.settled;
  });
  const [exit, own] = [await delivery(stage, "x", client), await delivery(stage, client, "x")];
  const exact = BigInt(exit.settled) === BigInt(exit.position) * tariff;
  const counted = BigInt(own.position) <= BigInt(exit.position);
  check(
    `${client} pays for every byte that the exit sent it, to the grain`,
    ready && moved && settled && exact && counted,
    `${exit.position} bytes sent, ${own.position} counted by ${client}, ${exit.settled} grains`,
  );
}

/** A client that pays no more gets what is sent ahead; the other one does not notice. */
async function refuse(stage: MarketStage, check: Tell): Promise<void> {
  await answered(() => stage.ask("c2", "limit-spending", "x", "now"));
  const tries = 1 + Number(credit.grains / tariff) / (datagrams * 1000);
  for (let i = 0; i < tries + 1; i++) await stage.download("c2", datagrams);
  const { exposure, exposureBound, leased, position } = await delivery(stage, "x", "c2");
  await stage.download("c2", datagrams);
  const after = await delivery(stage, "x", "c2");
  const within = BigInt(exposure) <= BigInt(exposureBound) && BigInt(position) <= BigInt(leased);
  const used = BigInt(exposure) >= ahead.bytes * tariff;
  check(
    "a client that pays no more gets what is sent ahead of payment, within its credit and its lease",
    within && used && after.leased === leased && BigInt(after.position) <= BigInt(leased),
    `${exposure} of ${exposureBound} grains, ${position} of ${leased} bytes`,
  );
}

/** What the kernel's queues towards the clients are, and that packets went through them. */
function judgeQueues(stage: MarketStage, check: Tell): void {
  const queues = (device: string): readonly Queue[] => {
    const words = ["netns", "exec", stage.namespace("x"), "tc", "-s", "-j", "qdisc", "show"];
    return JSON.parse(execFileSync("ip", [...words, "dev", device], { encoding: "utf8" }));
  };
  for (const client of clients) {
    const leaves = [0, 1].flatMap((priceClass) => queues(stage.tunnel("x", client, priceClass)));
    const fair = leaves.filter(({ kind }) => kind === "fq_codel");
    const packets = fair.reduce((sum, one) => sum + one.packets, 0);
    const found = `${fair.length} leaves, ${packets} packets`;
    check(`fq_codel lets the flows of ${client} take turns`, packets >= datagrams, found);
  }
  const [root] = queues("users");
  const found = `${root?.kind} ${root?.handle}`;
  check("cake is on the interface of the clients", root?.kind === "cake", found);
}

interface Queue {
  readonly kind: string;
  readonly handle: string;
  readonly packets: number;
}

async function delivery(stage: MarketStage, place: "x" | Client, other: "x" | Client) {
  const { neighbours, names } = await answered(() => stage.status(place));
  const name = (id: string) => (names as Readonly<Record<string, string>>)[id];
  const found = neighbours
    .find(({ id }) => name(id) === other)
    ?.accounts.find((account) => account.delivery);
  if (found === undefined) throw new Error(`${place} has no delivery with ${other}`);
  return found;
}

/** What an agent answers, asked again where it was too busy. @throws its last words after three. */
async function answered<A>(ask: () => Promise<A>): Promise<A> {
  for (let left = 2; left > 0; left--) {
    try {
      return await ask();
    } catch {
      await sleep(pause);
    }
  }
  return ask();
}

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; ) {
    // An agent that is too busy to answer in time is asked again.
    if (await holds().catch(() => false)) return true;
    await sleep(pause);
  }
  return false;
}
