import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals, type HopAudit } from "#core/audit/network-audit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { prices } from "./demo-config.ts";
import { demoHops, type HopSample, hopsOf } from "./hop.ts";
import { type RouterName, type RouterStatus, routerNames, type Stage } from "./stage.ts";

/** What the story tells while it goes on. */
export type Telling =
  | {
      readonly fact: "phase";
      readonly phase: number;
      readonly of: number;
      readonly title: string;
      readonly why: string;
    }
  | {
      readonly fact: "sample";
      readonly hops: readonly HopSample[];
      readonly memory: Readonly<Record<string, number>>;
    }
  | {
      readonly fact: "check";
      readonly claim: string;
      readonly holds: boolean;
      readonly found: string;
    };

/** How it ended. */
export interface Ending {
  readonly passed: boolean;
  readonly mode: Stage["mode"];
  readonly hops: readonly (HopAudit & {
    readonly names: readonly [RouterName, RouterName];
    readonly peak: bigint;
  })[];
  readonly falseThrottles: number;
  readonly trueThrottles: number;
  readonly memory: Readonly<Record<string, number>>;
  readonly checks: readonly Extract<Telling, { readonly fact: "check" }>[];
  readonly reopenedAfterMilliseconds: number;
}

const phases = 7;

/** Bytes of a few handshakes: WireGuard may have called before the agent first read its counters. */
const handshakes = 2048n;

/** Tells the story on a stage. Everything it claims at the end comes from the journals. */
export async function tellStory(stage: Stage, tell: (what: Telling) => void): Promise<Ending> {
  const memo = newMemo(stage, tell);
  const { watch, check, phase } = memo;
  phase(
    1,
    "the routers meet",
    "HELLO, a channel, the first leases; then traffic from a to the internet",
  );
  await watch(2500);
  await stage.startTraffic();
  await watch(5000);
  const flowing = memo.last();
  check(
    "bytes flow and are paid on every hop",
    flowing.every((hop) => hop.signed > 0n),
    sums(flowing),
  );

  phase(
    2,
    "c's price rises while traffic flows",
    "positions already leased keep their price; b passes the new one on",
  );
  const before = memo.last().map((hop) => hop.price);
  await stage.ask("c", ["set-price", "b", String(prices.raised)]);
  await watch(7000);
  const after = memo.last().map((hop) => hop.price);
  const rose = (after[1] ?? 0n) > (before[1] ?? 0n) && (after[0] ?? 0n) > (before[0] ?? 0n);
  check(
    "the new price reached b's leases to a",
    rose,
    `${before.join(", ")} -> ${after.join(", ")}`,
  );

  phase(
    3,
    "b's agent is killed with SIGKILL and started again",
    "the kernel goes on; the journal is all that is left",
  );
  memo.forgetThrottles("b");
  await stage.kill("b");
  await watch(1500);
  await stage.restart("b");
  await watch(4000);
  check(
    "b goes on where it was",
    (memo.last()[0]?.credited ?? 0n) > (flowing[0]?.credited ?? 0n),
    sums(memo.last()),
  );

  phase(
    4,
    "b's tunnel to c is deleted, counters and all",
    "the agent makes it anew; the payer leaps to what it reserved",
  );
  await stage.deleteTunnel();
  await watch(5000);

  await beCheated(stage, memo);
  const reopenedAfterMilliseconds = await payAgain(stage, memo);

  phase(
    7,
    "traffic ends; books are settled and audited",
    "three journals, held against each other",
  );
  const counters = await settle(stage, memo);
  const memory = await memoryOf(stage);
  const journals = await stage.finish();
  return conclude(stage, memo, journals, counters, memory, reopenedAfterMilliseconds);
}

/** What the teller remembers. */
interface Memo {
  readonly watch: (milliseconds: number) => Promise<void>;
  readonly last: () => readonly HopSample[];
  readonly phase: (number: number, title: string, why: string) => void;
  readonly check: (claim: string, holds: boolean, found: string) => void;
  readonly checks: Ending["checks"];
  readonly peaks: Map<string, bigint>;
  readonly throttles: () => number;
  readonly forgetThrottles: (router: RouterName) => void;
  readonly statuses: () => Partial<Record<RouterName, RouterStatus>>;
}

function newMemo(stage: Stage, tell: (what: Telling) => void): Memo {
  let statuses: Partial<Record<RouterName, RouterStatus>> = {};
  let hops: readonly HopSample[] = hopsOf({});
  const checks: Extract<Telling, { readonly fact: "check" }>[] = [];
  const peaks = new Map<string, bigint>();
  const kept = new Map<RouterName, number>();
  const look = async (): Promise<void> => {
    const found: Partial<Record<RouterName, RouterStatus>> = {};
    for (const name of routerNames) {
      const status = await stage.status(name);
      if (status !== undefined) found[name] = status;
    }
    statuses = { ...statuses, ...found };
    hops = hopsOf(statuses);
    for (const hop of hops) {
      const key = `${hop.payer} ${hop.payee}`;
      if (hop.exposure > (peaks.get(key) ?? 0n)) peaks.set(key, hop.exposure);
    }
    const memory = Object.fromEntries(
      routerNames.map((name) => [name, statuses[name]?.memory ?? 0]),
    );
    tell({ fact: "sample", hops, memory });
  };
  return {
    watch: async (milliseconds) => {
      for (let left = milliseconds; left > 0; left -= 250) {
        await stage.wait(Math.min(left, 250));
        await look();
      }
    },
    last: () => hops,
    phase: (number, title, why) => tell({ fact: "phase", phase: number, of: phases, title, why }),
    check: (claim, holds, found) => {
      const check = { fact: "check", claim, holds, found } as const;
      checks.push(check);
      tell(check);
    },
    checks,
    peaks,
    throttles: () =>
      routerNames.reduce(
        (all, name) => all + (statuses[name]?.counts.throttles ?? 0) + (kept.get(name) ?? 0),
        0,
      ),
    forgetThrottles: (router) => {
      kept.set(router, (kept.get(router) ?? 0) + (statuses[router]?.counts.throttles ?? 0));
    },
    statuses: () => statuses,
  };
}

/** (d) a stops paying, and cheats: its kernel no longer keeps to the quota. */
async function beCheated(stage: Stage, memo: Memo): Promise<void> {
  const { phase, check, watch } = memo;
  const honest = memo.throttles();
  check("until here nobody was throttled", honest === 0, `${honest} throttles`);
  phase(
    5,
    "a stops paying, and cheats",
    "its operator switches the quota off; b closes the paid class within the credit limit",
  );
  await stage.ask("a", ["limit-spending", "b", "now"]);
  await stage.cheat(true);
  await watch(6000);
  const throttled = memo.last()[0]?.standing === "throttled";
  check("b throttles a to the free tier", throttled, memo.last()[0]?.standing ?? "unknown");
  const heard = memo.statuses().a?.counts.datagrams ?? 0;
  await watch(2000);
  const more = (memo.statuses().a?.counts.datagrams ?? 0) - heard;
  check(
    "control traffic still passes: a can always pay its way out",
    more > 0,
    `${more} messages in 2 s`,
  );
  const others = memo
    .last()
    .slice(1)
    .every((hop) => hop.standing === "open");
  check(
    "nobody else is throttled",
    others,
    memo
      .last()
      .map((hop) => hop.standing)
      .join(", "),
  );
  await stage.cheat(false);
}

/** (e) a pays. Returns how long it took until b opened again. */
async function payAgain(stage: Stage, memo: Memo): Promise<number> {
  const { phase, check, watch } = memo;
  phase(6, "a pays", "the class is open again at once");
  const began = process.hrtime.bigint();
  await stage.ask("a", ["limit-spending", "b", "1000000000000000000"]);
  let open = false;
  for (let i = 0; i < 200 && !open; i++) {
    await stage.wait(20);
    const status = await stage.status("b");
    open = hopsOf(status === undefined ? {} : { b: status })[0]?.standing === "open";
  }
  const took = Number((process.hrtime.bigint() - began) / 1_000_000n);
  check("a is open again", open, `after ${took} ms`);
  await watch(3000);
  return took;
}

/** Stops traffic and lets everything that is owed be paid. */
async function settle(stage: Stage, memo: Memo) {
  await stage.stopTraffic();
  await memo.watch(1500);
  for (let round = 0; round < 4; round++) {
    for (const name of routerNames) await stage.ask(name, ["settle"]);
    await memo.watch(500);
  }
  return stage.rawCounters();
}

async function memoryOf(stage: Stage): Promise<Record<string, number>> {
  const memory: Record<string, number> = {};
  for (const name of routerNames) memory[name] = (await stage.status(name))?.memory ?? 0;
  return memory;
}

/** The audit: every event decided again, every pair of books compared, tolerance zero. */
function conclude(
  stage: Stage,
  memo: Memo,
  journals: Readonly<Record<RouterName, readonly LedgerEvent[]>>,
  counters: { readonly sent: bigint; readonly received: bigint },
  memory: Readonly<Record<string, number>>,
  reopenedAfterMilliseconds: number,
): Ending {
  const { check, checks } = memo;
  const audits = routerNames.map((name) => auditJournal(journals[name]));
  const found = audits.reduce((all, audit) => all + audit.found, 0);
  const events = audits.reduce((all, audit) => all + audit.events, 0);
  const first = audits.flatMap((audit) => audit.findings)[0];
  check(
    "every event of every journal follows from the rules",
    found === 0,
    first === undefined ? `${events} events` : `${first.rule}: ${first.words}`,
  );
  const { hops: all, findings } = compareJournals(audits);
  const words = findings.map((one) => `${one.rule}: ${one.words}`).join("; ");
  check("neighbours' books agree", findings.length === 0, words === "" ? "no finding" : words);
  const idOf = (name: RouterName) => audits[routerNames.indexOf(name)]?.ledger.node;
  const hops = demoHops.flatMap((names) => {
    const hop = all.find((one) => one.payer === idOf(names[0]) && one.payee === idOf(names[1]));
    return hop === undefined
      ? []
      : [{ ...hop, names, peak: memo.peaks.get(names.join(" ")) ?? 0n }];
  });
  for (const hop of hops) {
    const name = hop.names.join(" -> ");
    check(
      `${name}: signed = credited = owed, to the grain`,
      hop.signed === hop.credited && hop.signed === hop.owed,
      `${hop.signed} ${hop.credited} ${hop.owed}`,
    );
    check(
      `${name}: exposure stayed within its bound`,
      hop.peak <= hop.exposureBound,
      `${hop.peak} of ${hop.exposureBound}`,
    );
    check(
      `${name}: received no more than sent`,
      hop.received <= hop.sent && hop.expected <= hop.owed,
      `${hop.received} of ${hop.sent}`,
    );
  }
  const missing = counters.sent - (hops[0]?.sent ?? 0n);
  check(
    "a's position is the kernel's counter, but for handshakes before it was first read",
    missing >= 0n && missing <= handshakes,
    `${hops[0]?.sent} of ${counters.sent}`,
  );
  const throttles = memo.throttles();
  check("only the cheat was throttled", throttles === 1, `${throttles} throttles in all`);
  return {
    passed: checks.every((one) => one.holds) && hops.length === demoHops.length,
    mode: stage.mode,
    hops,
    falseThrottles: throttles > 0 ? throttles - 1 : 0,
    trueThrottles: Math.min(throttles, 1),
    memory,
    checks,
    reopenedAfterMilliseconds,
  };
}

function sums(hops: readonly HopSample[]): string {
  return hops.map((hop) => `${hop.payer}->${hop.payee} ${hop.credited}`).join(", ");
}
