import { writeSync } from "node:fs";
import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { verifyJournal } from "#adapters/journal/journal-files.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { numberedCommit } from "./numbered-commit.ts";

/**
 * A process of its own, until it is killed or its input ends. `write` appends commits and prints
 * each sequence once it is durable, `hold` only keeps the journal open, `verify` reads it as user
 * 65534. Prints why, where the journal refuses.
 */
const [directory = "", mode = "write"] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
try {
  if (mode === "verify") verify();
  else await write();
} catch (error) {
  if (!(error instanceof JournalError)) throw error;
  say(`refused ${error.problem} ${error.pid ?? ""}`);
  process.exit(0);
}

async function write(): Promise<void> {
  const journal = await openJournal(directoryDisk(directory), { segmentSize: 64 * 1024 });
  let last = Number(journal.stat().commits);
  say(`open ${last}`);
  while (mode === "write") {
    const group = Array.from({ length: 1 + (last % 5) }, (_, i) => numberedCommit(last + 1 + i));
    last = Number(await journal.append(group));
    say(String(last));
  }
}

function verify(): void {
  if (process.getuid?.() === 0) {
    process.setgid?.(65534);
    process.setuid?.(65534);
  }
  const { commits, damage } = verifyJournal(directory);
  say(`verified ${commits} ${damage.length}`);
  process.exit(0);
}
