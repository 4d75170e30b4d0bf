import { appendFileSync, readFileSync, readSync, writeSync } from "node:fs";
import * as Effect from "effect/Effect";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { type OpenJournal, openJournal } from "#adapters/journal/open-journal.ts";
import { secondProgram } from "#agent/agent/second-program.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import {
  agreedCommits,
  agreedOutputs,
  type Lockstep,
  lockstep,
  Parted,
  stepTogether,
} from "#core/node/lockstep.ts";
import type { Output } from "#core/node/output.ts";
import type { Program } from "#core/node/program.ts";
import type { GoldenRun } from "../golden/entry.ts";
import { fromPlainText, plainText } from "../golden/plain-text.ts";
import { program as first, type ModelledProgram } from "../simulator/modelled-program.ts";
import { modelledSigner } from "../simulator/test-signer.ts";
import { forking } from "./fork.ts";

// A router's decisions in a process whose memory somebody else damages:
// `memory-victim.ts DIRECTORY RUN.json guarded|bare KOFFI`. It lives through the first half of a recorded
// run, says "ready", and for each line that it reads makes a copy of itself, says "copy PID", waits for its
// end and says "gone". A copy waits for a line, lives through the rest, and says "done"; or that it found
// itself damaged. What it is told comes from the disk when it is told, as from a network; what it does goes
// into DIRECTORY.done line by line, and nothing that it says about itself is believed. What it was told, as
// it understood it, goes into DIRECTORY.heard: reading the recorded run is no part of what ships.

const [directory = "", run = "", mode, koffi = ""] = process.argv.slice(2);
const node = 1;
const noResets = { leaps: () => 0n, forgiven: () => 0n };

function told(): readonly (Input | undefined)[] {
  const { inputs } = fromPlainText(readFileSync(run, "utf8")) as GoldenRun;
  return inputs.filter((one) => one.node === node).map(({ input }) => input);
}

// The second one is of the same making, in a file of its own.
const second = Effect.runSync(secondProgram()).program as ModelledProgram;
const programs = { first, second };

function onDisk(by: Program): Ledger {
  let ledger = by.emptyLedger;
  for (const { payload } of readCommits(directory)) {
    for (const event of by.decodeCommit(by.copyOf(payload))) ledger = by.evolve(ledger, event);
  }
  return ledger;
}

function begin(): Lockstep {
  const signer = modelledSigner(node + 1);
  const ledger = onDisk(first);
  // A key file says which id follows from its secret, and a start that comes to another one is refused.
  if (ledger.node !== undefined && ledger.node !== signer.id)
    throw new Parted("another node's key");
  return lockstep(signer, ledger, onDisk(second), programs);
}

async function live(
  journal: OpenJournal,
  begun: Lockstep,
  inputs: readonly (Input | undefined)[],
): Promise<Lockstep> {
  let pair = begun;
  for (const input of inputs) {
    appendFileSync(`${directory}.heard`, `${plainText(input ?? null)}\n`);
    if (input === undefined) {
      pair = begin();
      continue;
    }
    if (mode === "guarded") {
      const result = stepTogether(pair, input);
      await keep(
        journal,
        agreedCommits(result.events, result.twinEvents, programs),
        result.outputs,
        result.twinOutputs,
      );
      pair = result.pair;
    } else {
      const result = first.step(pair.node, input);
      await keep(journal, first.encodeCommits(result.events), result.outputs, result.outputs);
      pair = { ...pair, node: result.node };
    }
  }
  return pair;
}

async function keep(
  journal: OpenJournal,
  commits: readonly Uint8Array[],
  outputs: readonly Output[],
  twinOutputs: readonly Output[],
): Promise<void> {
  if (commits.length > 0) await journal.append(commits);
  agreedOutputs(outputs, twinOutputs);
  // Each program writes its own node's: who only repeats what was agreed is not what is tested here.
  const bytes = first.writtenOutputs(outputs);
  const record = Buffer.alloc(4 + bytes.length);
  record.writeUInt32BE(bytes.length);
  record.set(bytes, 4);
  // Held against the other one as it goes to the disk: an agent's messages are signed, these records are not.
  if (!sameBytes(record.subarray(4), second.writtenOutputs(twinOutputs))) {
    throw new Parted("written outputs");
  }
  appendFileSync(`${directory}.done`, record);
}

const say = (words: string): void => void writeSync(1, `${words}\n`);

/** False where nobody will say anything any more. */
const lineCame = (): boolean => readSync(0, new Uint8Array(1)) === 1;

/** Milliseconds in which threads end what they do: a copy has none of them. */
const quiet = 100;

/** Makes copies, one after the other. @returns in a copy that is to live */
function becomeCopies(): void {
  while (lineCame()) {
    const pid = fork();
    if (pid === 0) {
      process.on("exit", leave);
      if (lineCame()) return;
      leave(1);
    }
    say(`copy ${pid}`);
    wait(pid);
    say("gone");
  }
  process.exit(0);
}

const { fork, wait, leave } = forking(koffi);
const journal = await openJournal(directoryDisk(directory), {});
const half = told().length >> 1;
const before = await live(journal, begin(), told().slice(0, half));
await new Promise((resolve) => setTimeout(resolve, quiet));
say("ready");
becomeCopies();
try {
  const after = await live(journal, before, told().slice(half));
  await journal.close();
  const memory = first.encodeSnapshot(after.node.ledger, noResets);
  const disk = second.encodeSnapshot(onDisk(second), noResets);
  if (mode === "guarded" && !sameBytes(memory, disk)) {
    throw new Parted("the journal, folded again, is another ledger");
  }
  say("done");
} catch (error) {
  if (!(error instanceof Parted)) leave(1);
  else say(`found ${error.message}`);
}
leave(0);
