import { appendFileSync, readFileSync, readSync } from "node:fs";
import * as Effect from "effect/Effect";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { readCommits } from "#adapters/journal/journal-files.ts";
import { type OpenJournal, openJournal } from "#adapters/journal/open-journal.ts";
import { secondProgram } from "#agent/agent/second-program.ts";
import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import { sameBytes } from "#core/identity/hexadecimal.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import type { Input } from "#core/node/input.ts";
import {
  agreedCommits,
  type Lockstep,
  lockstep,
  Parted,
  stepTogether,
} from "#core/node/lockstep.ts";
import type { Output } from "#core/node/output.ts";
import type { Program } from "#core/node/program.ts";
import type { GoldenRun } from "../golden/entry.ts";
import { fromPlainText } from "../golden/plain-text.ts";
import { program as first } from "../simulator/modelled-program.ts";
import { modelledSigner } from "../simulator/test-signer.ts";

// A router's decisions in a process whose memory somebody else damages:
// `memory-victim.ts DIRECTORY RUN.json guarded|bare`. It lives through the first half of a recorded
// run, says "ready", waits for a line, lives through the rest, and says "done"; or that it found itself
// damaged. What it is told comes from the disk when it is told, as from a network; what it does goes
// into DIRECTORY.done line by line, and nothing that it says about itself is believed.

const [directory = "", run = "", mode] = process.argv.slice(2);
const node = 1;
const noResets = { leaps: () => 0n, forgiven: () => 0n };

function told(): readonly (Input | undefined)[] {
  const { inputs } = fromPlainText(readFileSync(run, "utf8")) as GoldenRun;
  return inputs.filter((one) => one.node === node).map(({ input }) => input);
}

// The second one is of the same making, in a file of its own.
const second = Effect.runSync(secondProgram()).program;
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
      );
      pair = result.pair;
    } else {
      const result = first.step(pair.node, input);
      await keep(journal, first.encodeCommits(result.events), result.outputs);
      pair = { ...pair, node: result.node };
    }
  }
  return pair;
}

async function keep(
  journal: OpenJournal,
  commits: readonly Uint8Array[],
  outputs: readonly Output[],
): Promise<void> {
  if (commits.length > 0) await journal.append(commits);
  const bytes = canonical(outputs.map(outputForm));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, bytes.length);
  appendFileSync(`${directory}.done`, Buffer.concat([Buffer.from(length.buffer), bytes]));
}

/**
 * What an output makes the shell do, as numbers and bytes. Not as text: names of fields and kinds are
 * constants of the program, whose letters nothing depends on but such a text.
 */
function outputForm(output: Output): Field {
  switch (output.type) {
    case "Send":
      return [1, output.neighbour, output.bytes];
    case "Quota":
      return [2, output.neighbour, output.class, output.generation, output.limit];
    case "Gate":
      return [3, output.neighbour, output.class, output.generation, output.limit];
    case "Standing":
      return [4, output.neighbour, output.standing === "open" ? 1 : 0];
    case "Alarm":
      return [5, output.neighbour];
  }
}

const journal = await openJournal(directoryDisk(directory), {});
const half = told().length >> 1;
const before = await live(journal, begin(), told().slice(0, half));
process.stdout.write("ready\n");
readSync(0, new Uint8Array(1));
try {
  const after = await live(journal, before, told().slice(half));
  await journal.close();
  const memory = first.encodeSnapshot(after.node.ledger, noResets);
  const disk = second.encodeSnapshot(onDisk(second), noResets);
  if (mode === "guarded" && !sameBytes(memory, disk)) {
    throw new Parted("the journal, folded again, is another ledger");
  }
  process.stdout.write("done\n");
} catch (error) {
  if (!(error instanceof Parted)) throw error;
  process.stdout.write(`found ${error.message}\n`);
}
