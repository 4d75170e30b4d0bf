import { moneyText } from "#agent/cli/money-text.ts";
import { demoToken, freeRate, prices } from "./demo-config.ts";
import type { HopSample } from "./hop.ts";
import type { KernelStage } from "./kernel-stage.ts";
import { newObserver, type Observer, patience } from "./observer.ts";
import type { Pace } from "./pace.ts";
import { routerNames, type Stage } from "./stage.ts";
import type { Ending, Moment, Telling } from "./telling.ts";
import { type Evidence, verdict } from "./verdict.ts";

/** How long the free tier is measured, in milliseconds. */
const measuring = 2000;

/** How long an interface is down, in milliseconds. */
const downTime = 3000;

/** Tells the story on a stage. Everything it claims about money in the end is in the journals. */
export async function tellStory(stage: Stage, tell: (what: Telling) => void): Promise<Ending> {
  const observer = newObserver(stage, tell);
  await meet(stage, observer);
  const leasedBefore = await raisePrice(stage, observer);
  await killAgent(stage, observer);
  await loseCounters(stage, observer);
  const throttledAfter = await beCheated(stage, observer);
  const reopenedAfter = await payAgain(stage, observer);
  const evidence = await settle(stage, observer);
  return verdict(stage, observer, { ...evidence, leasedBefore, throttledAfter, reopenedAfter });
}

/**
 * What a kernel of its own is worth telling the story again for, for an emulated machine: the first
 * payments, an interface that goes down and comes back, a cheat, and the audit of everything.
 */
export async function tellShortStory(
  stage: KernelStage,
  tell: (what: Telling) => void,
  { lookInterval }: Pace,
): Promise<Ending> {
  const observer = newObserver(stage, tell, { phases: 6, lookInterval });
  await meet(stage, observer);
  for (const kind of ["cable", "paid tunnel"] as const) await flap(stage, observer, kind);
  const throttledAfter = await beCheated(stage, observer);
  const reopenedAfter = await payAgain(stage, observer);
  const evidence = await settle(stage, observer);
  const leasedBefore = undefined;
  return verdict(stage, observer, { ...evidence, leasedBefore, throttledAfter, reopenedAfter });
}

/** An interface between b and c is down for a while: nothing is lost but what was under way. */
async function flap(
  stage: KernelStage,
  { phase, check, until, watch, hops }: Observer,
  kind: "cable" | "paid tunnel",
): Promise<void> {
  phase(`b's ${kind} to c goes down, and up again`, "accounts go on where they were");
  await stage.setInterface(kind, false);
  await watch(downTime);
  const before = hops().map(({ credited }) => credited);
  await stage.setInterface(kind, true);
  const goesOn = () => hops().every(({ credited }, i) => credited > (before[i] ?? 0n));
  check("every hop is paid for what came after", await until(goesOn, 0, patience), sums(hops()));
}

/** HELLO, channels, leases; then traffic. */
async function meet(stage: Stage, { phase, check, until, hops }: Observer): Promise<void> {
  phase(
    "the routers meet, and sell",
    "HELLO, channels, the first leases; a uploads to the internet, which answers",
  );
  await until(() => hops().every((hop) => hop.leased > 0n), 1000, patience);
  await stage.startTraffic();
  const paid = await until(() => hops().every((hop) => hop.credited > 0n), 4500, patience);
  check("bytes flow, and are paid for on every hop", paid, sums(hops()));
}

/** (a) Returns the ends of all leases that were signed before the price rose, by hop. */
async function raisePrice(
  stage: Stage,
  { phase, check, until, hops }: Observer,
): Promise<readonly bigint[]> {
  phase(
    "c's price rises while traffic flows",
    "what is leased keeps its price; b resells, so a's next lease is dearer too",
  );
  const before = hops();
  const leased = before.map((hop) => hop.leased);
  await stage.ask("c", ["set-price", "b", String(prices.raised)]);
  const [abBefore, bcBefore] = before;
  const rose = await until(
    () => hops()[1].price > bcBefore.price && hops()[0].price > abBefore.price,
    4000,
    patience,
  );
  const found = before.map((hop, i) => `${hop.price} -> ${hops()[i]?.price}`);
  check("b passed the new price on to a", rose, `${found.slice(0, 2).join(", ")} grains a byte`);
  return leased;
}

/** (b) */
async function killAgent(
  stage: Stage,
  { phase, check, until, watch, hops, status }: Observer,
): Promise<void> {
  phase(
    "b's agent is killed (SIGKILL) and starts again",
    "the kernel forwards what is reserved; the journal alone says who owes whom",
  );
  const run = status("b")?.run;
  const credited = hops()[0].credited;
  const before = await paidBytes(stage);
  await stage.kill("b");
  await watch(1000);
  const meanwhile = (await paidBytes(stage)) - before;
  check("bytes flow while b has no agent", meanwhile > 0n, `${meanwhile} paid bytes`);
  await stage.restart("b");
  const goesOn = () => hops()[0].credited > credited && status("b")?.run !== run;
  check("b goes on where it was", await until(goesOn, 3000, patience), sums(hops()));
}

/** (c) */
async function loseCounters(
  stage: Stage,
  { phase, check, until, hops, status }: Observer,
): Promise<void> {
  phase(
    "b's tunnel to c is deleted, its counters with it",
    "b's agent makes it anew, and takes all it had reserved for sent: a chunk at most",
  );
  const repairs = status("b")?.counts.repairs ?? 0;
  const signed = hops()[1].signed;
  await stage.deleteTunnel();
  const mended = () => (status("b")?.counts.repairs ?? 0) > repairs && hops()[1].signed > signed;
  check(
    "the tunnel is there again, and paid for",
    await until(mended, 3500, patience),
    sums(hops()),
  );
}

/** (d) a stops paying, and cheats: its kernel no longer keeps to the quota. */
async function beCheated(stage: Stage, observer: Observer): Promise<Moment | undefined> {
  const { phase, check, watch, hops, status } = observer;
  const before = routerNames.reduce((all, name) => all + (status(name)?.counts.throttles ?? 0), 0);
  check("so far nobody was throttled", before === 0, `${before} throttles`);
  phase(
    "a stops paying, and cheats",
    "it sends on without a quota; b closes the paid class within the credit limit",
  );
  const throttled = await observer.untilStanding("throttled", async () => {
    await stage.ask("a", ["limit-spending", "b", "now"]);
    await stage.cheat(true);
  });
  check("b throttles a to the free tier", throttled !== undefined, took(throttled));
  await watch(1250);
  const heard = status("a")?.counts.datagrams ?? 0;
  await judgeFreeTier(stage, observer);
  const answers = (status("a")?.counts.datagrams ?? 0) - heard;
  check("control traffic passes: a can always pay", answers > 0, `${answers} messages from b`);
  const [cheat, ...others] = hops();
  const bounded = cheat.exposure <= cheat.exposureBound;
  check(
    "b's loss is bounded",
    bounded,
    `${moneyText(cheat.exposure, demoToken)} of at most ${moneyText(cheat.exposureBound, demoToken)}`,
  );
  const unharmed = others.every((hop) => hop.standing === "open");
  check("b and c go on as before", unharmed, others.map((hop) => hop.standing).join(", "));
  return throttled;
}

/** What b passes on of a's, in the free class, while the paid one is closed to a. */
async function judgeFreeTier(stage: Stage, { check, watch }: Observer): Promise<void> {
  const before = await freeBytes(stage);
  const began = stage.now();
  await watch(measuring);
  const carried = Number((await freeBytes(stage)) - before);
  const seconds = (stage.now() - began) / 1000;
  const share = freeRate / 8;
  // What a token bucket lets through: its rate, and once the burst of a second.
  const fits = carried >= (share * seconds) / 4 && carried <= share * (seconds + 1);
  const kilobytes = (bytes: number) => Math.round(bytes / 1000);
  const found = `${kilobytes(carried / seconds)} kB/s, the tier has ${kilobytes(share)}`;
  check("a is not cut off: it gets the free tier, and no more", fits, found);
}

/** (e) a pays. */
async function payAgain(stage: Stage, observer: Observer): Promise<Moment | undefined> {
  const { phase, check, watch } = observer;
  phase("a pays", "one voucher is enough, and the paid class is open again at once");
  await stage.cheat(false);
  const pay = () => stage.ask("a", ["limit-spending", "b", "none"]);
  const open = await observer.untilStanding("open", pay);
  check("a is open again", open !== undefined, took(open));
  await watch(2500);
  return open;
}

/** Stops traffic, lets everything that is owed be paid, and collects what the verdict needs. */
async function settle(stage: Stage, observer: Observer) {
  const { phase, until, hops, status } = observer;
  phase(
    "traffic ends; books are settled and audited",
    "every event of three journals is decided again, books are held side by side",
  );
  if (stage.mode === "kernel") await fileArrives(stage, observer);
  await stage.stopTraffic();
  await observer.watch(750);
  const quiet = () => hops().every((hop) => hop.signed === hop.owed && hop.credited === hop.signed);
  for (let round = 0; round < 10; round++) {
    for (const name of routerNames) await stage.ask(name, ["settle"]);
    if (await until(quiet, 500, 500)) break;
  }
  if (stage.chain !== undefined) await closeChannels(stage, observer);
  const rss = { a: 0, b: 0, c: 0 };
  for (const name of routerNames) rss[name] = status(name)?.memory ?? 0;
  const before = await stage.counters();
  await stage.dismiss();
  const after = await stage.counters();
  const transfer = await stage.transfer();
  return {
    rss,
    before,
    after,
    transfer,
    journals: await stage.journals(),
  } satisfies Partial<Evidence>;
}

/** What `channel status` says, as far as the story needs it. */
interface ChannelsStatus {
  readonly channels: readonly { readonly neighbour: string; readonly status: string }[];
}

/** a and c ask b to close: both sign the same totals, and one of them brings them to the contract. */
async function closeChannels(stage: Stage, { until, check }: Observer): Promise<void> {
  await stage.ask("a", ["channel", "close", "b"]);
  await stage.ask("c", ["channel", "close", "b"]);
  let open = 2;
  const look = async (): Promise<void> => {
    const { channels } = (await stage.ask("b", ["channel", "status"])) as ChannelsStatus;
    open = channels.filter(({ status }) => status !== "none").length;
  };
  for (let round = 0; round < patience / 500 && open > 0; round++) {
    await until(() => open === 0, 500, 500);
    await look();
  }
  check("both channels are closed with both signatures", open === 0, `${2 - open} of 2`);
}

/** TCP mends what the cables lose: it gets its time, if it needs any more. */
async function fileArrives(stage: Stage, { until }: Observer): Promise<void> {
  let arrived = false;
  const ask = async (): Promise<void> => {
    arrived = (await stage.transfer()) !== undefined;
  };
  await ask();
  for (let round = 0; round < patience / 500 && !arrived; round++) {
    await until(() => arrived, 500, 500);
    await ask();
  }
}

/** What a sent as paid, by the kernel's own counter. */
async function paidBytes(stage: Stage): Promise<bigint> {
  return sentBy(stage, "a", "b", 1);
}

/** What b passes on towards c in the free class. */
async function freeBytes(stage: Stage): Promise<bigint> {
  return sentBy(stage, "b", "c", 0);
}

async function sentBy(stage: Stage, from: string, to: string, priceClass: number): Promise<bigint> {
  const all = await stage.counters();
  const one = all.find((it) => it.from === from && it.to === to && it.class === priceClass);
  return one?.sent ?? 0n;
}

function took(moment: Moment | undefined): string {
  return moment === undefined
    ? `not within ${patience / 1000} s`
    : `after ${moment.milliseconds} ms and ${moment.messages} messages`;
}

function sums(hops: readonly HopSample[]): string {
  const text = ({ payer, payee, credited }: HopSample) =>
    `${payer} -> ${payee} ${moneyText(credited, demoToken)}`;
  return hops.map(text).join(", ");
}
