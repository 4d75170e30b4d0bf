import { setTimeout as sleep } from "node:timers/promises";
import { readCommits, verifyJournal } from "#adapters/journal/journal-files.ts";
import { auditJournal } from "#core/audit/journal-audit.ts";
import { compareJournals } from "#core/audit/network-audit.ts";
import { decodeCommit } from "#core/journal/commit.ts";
import { type AgentPair, agentPair, type Name } from "../lab/agent-pair.ts";
import { labObstacle } from "../lab/lab.ts";
import { seeded } from "./acknowledged.ts";
import { Lacking } from "./lacking.ts";

/** What came of killing real agents while real bytes flow between them. */
export interface AgentTally {
  readonly kills: number;
  readonly events: number;
  /** What the audit has to say against either journal, or against both together. */
  readonly findings: number;
  readonly damaged: number;
  /** Whether in the end everything that was sent was paid and credited, to the grain. */
  readonly settled: boolean;
}

/** So many tries to settle, each with a moment for messages to arrive. */
const settleTries = 200;

/**
 * Two agents in network namespaces, with WireGuard between them; one or the other is killed with
 * SIGKILL at a moment that the seed chooses, and started again. @throws Lacking without root or tools.
 */
export async function killAgents(
  kills: number,
  seed: number,
  progress: (done: number) => void,
): Promise<AgentTally> {
  const obstacle = labObstacle();
  if (obstacle !== undefined) throw new Lacking(obstacle);
  const next = seeded(seed);
  const pair = await agentPair();
  try {
    for (const name of ["a", "b"] as const) await pair.start(name);
    for (let done = 0; done < kills; done++) {
      const name: Name = next(2) === 0 ? "a" : "b";
      pair.send(5 + next(40));
      await sleep(next(500));
      await pair.signal(name, "SIGKILL");
      await pair.start(name);
      progress(done + 1);
    }
    const settled = await settles(pair);
    for (const name of ["a", "b"] as const) await pair.signal(name, "SIGTERM");
    return { kills, settled, ...audited([pair.directory("a"), pair.directory("b")]) };
  } finally {
    await pair.close();
  }
}

async function settles(pair: AgentPair): Promise<boolean> {
  const account = async (name: Name, direction: string) =>
    (await pair.status(name)).neighbours[0]?.accounts.find((one) => one.direction === direction);
  for (let i = 0; i < settleTries; i++) {
    await pair.ask("a", "settle");
    await pair.ask("b", "settle");
    const [ours, theirs] = [await account("a", "we pay"), await account("b", "we are paid")];
    if (ours !== undefined && ours.settled === ours.amount && ours.settled === theirs?.settled) {
      return true;
    }
    await sleep(50);
  }
  return false;
}

function audited(directories: readonly string[]) {
  const damaged = directories.filter((one) => verifyJournal(one).damage.length > 0).length;
  const audits = directories.map((directory) => {
    const events = [...readCommits(directory)].flatMap(({ payload }) => decodeCommit(payload));
    return auditJournal(events);
  });
  const own = audits.reduce((sum, { found }) => sum + found, 0);
  const events = audits.reduce((sum, one) => sum + one.events, 0);
  return { events, damaged, findings: own + compareJournals(audits).findings.length };
}
