#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

/**
 * What LuCI sees of the agent: `ubus call meshtoll status` and the like. rpcd starts it with `list`, or
 * with `call METHOD` and arguments on standard input, which are not used; it asks the agent on its
 * control socket and prints one JSON object, `{"answer": ...}` or `{"error": "words"}`. Ends with 0, or
 * with 3 where the agent says no, and 4 where none answers. Nothing here is more than Node's own: a
 * second Effect would cost a small router more than the answer is worth.
 */
const methods: readonly string[] = [
  ...["status", "peers", "refusals", "routes", "incidents", "discovered"],
  ...["settle", "reload", "stop"],
];

/** The longest answer that is passed on, in bytes; rpcd has to hold it too. */
const answerLimit = 1024 * 1024;

/** How long an agent may take, in ms; the control socket itself hangs up after 10 s. */
const answerTime = 10_000;

/** How long an agent that was stopped may take to settle and tidy up, in ms. */
const endTime = 15_000;

const exits = { done: 0, refused: 3, absent: 4 } as const;

const configPath = "/etc/config/meshtoll";

/** The agent's own default where the configuration names no journal. */
const defaultJournal = "/var/lib/meshtoll/journal";

/** Where the agent of a configuration listens; of the file only this one option matters here. */
function controlPathOf(config: string): string {
  const found = /^[ \t]*option[ \t]+journal[ \t]+(['"]?)([^'"\n]+)\1[ \t]*\r?$/m.exec(config);
  return join(found?.[2]?.trim() ?? defaultJournal, "control.sock");
}

function told(value: object, exit: number): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  process.exitCode = exit;
}

function ask(path: string, request: string): void {
  const socket = connect(path);
  const parts: Buffer[] = [];
  let size = 0;
  let over = false;
  const end = (value: object, exit: number): void => {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    socket.destroy();
    told(value, exit);
  };
  const deadline = setTimeout(
    () => end({ error: "the agent does not answer" }, exits.absent),
    answerTime,
  );
  socket.on("error", ({ code }: NodeJS.ErrnoException) =>
    end({ error: `no agent is running (${code ?? "no socket"})` }, exits.absent),
  );
  socket.on("data", (part: Buffer) => {
    parts.push(part);
    size += part.length;
    if (size > answerLimit) end({ error: "the agent's answer is too long" }, exits.refused);
  });
  socket.on("end", () => {
    const { ok, error } = parsed(Buffer.concat(parts).toString("utf8"));
    if (error !== undefined) return end({ error }, exits.refused);
    if (request !== "stop") return end({ answer: ok ?? null }, exits.done);
    clearTimeout(deadline);
    awaitEnd(path, () => end({ answer: ok ?? null }, exits.done));
  });
  socket.write(`${JSON.stringify([request])}\n`);
}

function parsed(text: string): { readonly ok?: unknown; readonly error?: string } {
  try {
    return JSON.parse(text) as { readonly ok?: unknown; readonly error?: string };
  } catch {
    return { error: "the agent hung up without an answer" };
  }
}

/** An agent that has ended takes its socket with it. */
function awaitEnd(path: string, done: () => void): void {
  const began = Date.now();
  const look = setInterval(() => {
    if (existsSync(path) && Date.now() - began < endTime) return;
    clearInterval(look);
    done();
  }, 100);
}

const [verb = "", method = "", config = configPath] = process.argv.slice(2);
if (verb === "list") {
  told(Object.fromEntries(methods.map((name) => [name, {}])), exits.done);
} else if (verb !== "call" || !methods.includes(method)) {
  told({ error: `usage: list, or call and one of ${methods.join(", ")}` }, exits.refused);
} else {
  try {
    ask(controlPathOf(readFileSync(config, "utf8")), method);
  } catch (error) {
    told({ error: `${config} cannot be read: ${String(error)}` }, exits.absent);
  }
}
