import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Incident } from "#agent/incidents/incident.ts";
import { type AgentPair, agentPair } from "./agent-pair.ts";
import { skipsLab } from "./lab.ts";
import { skipsRoutingLab } from "./routing-lab.ts";

const main = fileURLToPath(new URL("../../router-agent/main.ts", import.meta.url));

describe.skipIf(skipsLab() || skipsRoutingLab())("incidents on the real kernel", () => {
  let pair: AgentPair;
  let babeld: ChildProcess | undefined;
  beforeAll(async () => {
    pair = await agentPair();
    mkdirSync(pair.directory("a"), { mode: 0o700 });
    // A small disk, that of the journal alone.
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", pair.directory("a")]);
    babeld = await realBabeld(pair);
    await pair.start("a", routing(pair));
  });
  afterAll(async () => {
    babeld?.kill("SIGKILL");
    await pair?.signal("a", "SIGKILL");
    execFileSync("umount", [pair.directory("a")]);
    await pair?.close();
  });

  const inside = (...command: readonly string[]) =>
    spawnSync("ip", ["netns", "exec", pair.namespace("a"), ...command], { encoding: "utf8" });
  /** Waits for one of a kind that is open, or over; the runner's own limit ends a wait in vain. */
  const incident = async (kind: string, open: boolean): Promise<Incident> => {
    for (;;) {
      const { incidents } = (await pair.ask("a", "incidents")) as {
        readonly incidents: readonly Incident[];
      };
      const found = incidents.find((one) => one.kind === kind && one.open === open);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const told = async () =>
    ((await pair.ask("a", "incidents")) as { readonly incidents: readonly Incident[] }).incidents;
  const facts = async () =>
    (await told()).map(({ kind, subject, since, open }) => [
      kind,
      subject,
      since > 0 && since,
      open,
    ]);
  const doctor = () =>
    inside(process.execPath, main, "doctor", "--config", join(pair.directory("a"), "../../a.json"));

  test("a neighbour that is off is a tunnel without handshake; doctor says so and ends with 1", async () => {
    const found = await incident("tunnel without handshake", true);
    expect(found.subject).toMatch(/^b, u/);
    expect(found.detected).toContain("there was no handshake yet");
    const { status, stdout } = doctor();
    expect(stdout).toContain("tunnel without handshake");
    expect(stdout).toContain("see that the neighbour is on");
    expect(status).toBe(1);
  });

  test("it is open after a kill and a start as well, since when it began", async () => {
    const before = await facts();
    expect(before.length).toBeGreaterThan(0);
    await pair.signal("a", "SIGKILL");
    await pair.start("a", routing(pair));
    expect(await facts()).toEqual(before);
    expect(pair.log("a")).toContain("incident goes on: tunnel without handshake");
  });

  test("a damaged file of open incidents is told of and put aside; they are found anew", async () => {
    const file = join(pair.directory("a"), "incidents");
    await pair.signal("a", "SIGKILL");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("handshake", "handshaky"), { mode: 0o600 });
    await pair.start("a", routing(pair));
    expect(await told()).toEqual([]);
    expect(pair.log("a")).toContain("is damaged and put aside");
    await incident("tunnel without handshake", true);
    expect(readFileSync(file, "utf8")).toContain("tunnel without handshake");
  });

  test("once the neighbour is on, its handshake ends the incident", async () => {
    await pair.start("b");
    await incident("tunnel without handshake", false);
  });

  test("a babeld that is killed is noticed, and so is the next one", async () => {
    babeld?.kill("SIGKILL");
    const found = await incident("routing daemon gone", true);
    expect(found.detected).toContain("the routing daemon is");
    babeld = await realBabeld(pair);
    await incident("routing daemon gone", false);
  });

  test("a flushed ruleset is noticed, and the table is there again with its quotas", async () => {
    const table = `meshtoll_${pair.prefix("a")}`;
    // The keeper has to have seen the table once.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(inside("nft", "flush", "ruleset").status).toBe(0);
    const found = await incident("packet filter table gone", true);
    expect(found.detected).toContain("our table was flushed away");
    for (;;) {
      const { status, stdout } = inside("nft", "list", "quotas", "table", "inet", table);
      if (status === 0 && stdout.includes("quota")) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  test("the log is one line for each thing told, and has no secret of the keys", () => {
    const file = readFileSync(join(pair.directory("a"), "../keys"), "utf8");
    const secrets = Array.from(
      file.matchAll(/^(?:node-secret|tunnel-private-key) (\S+)$/gm),
      (found) => found[1] ?? "",
    );
    expect(secrets.filter((one) => one.length > 40)).toHaveLength(2);
    const lines = pair.log("a").trimEnd().split("\n");
    const told = lines.filter((line) => /^time=\S+Z level=\w+ message=".*"$/.test(line));
    expect(told.length).toBeGreaterThan(2);
    for (const secret of secrets) expect(lines.join("\n")).not.toContain(secret);
  });

  test("a full disk is noticed and told, and forgotten once there is room", async () => {
    const filler = join(pair.directory("a"), "filler");
    const { bavail, bsize } = statfsSync(pair.directory("a"));
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 65_536));
    const found = await incident("disk full", true);
    expect(found.detected).toMatch(/bytes are free where the journal lies|took no more/);
    const { status, stdout } = doctor();
    expect(stdout).toContain("make room");
    expect(status).toBe(1);
    execFileSync("rm", [filler]);
    await incident("disk full", false);
    expect(await pair.status("a")).not.toHaveProperty("stopped");
  });
});

/** Where the babeld of a's namespace is to be found. */
function routing(pair: AgentPair): Readonly<Record<string, string>> {
  const at = (name: string) => join(pair.directory("a"), `../babeld.${name}`);
  return { babel: "system", babel_socket: at("sock"), babel_pid: at("pid"), babel_log: at("log") };
}

/** A babeld on the cable, that answers on its socket. */
async function realBabeld(pair: AgentPair): Promise<ChildProcess> {
  const { babel_socket: socket = "", babel_pid: pid = "", babel_log: log = "" } = routing(pair);
  for (const one of [socket, pid]) rmSync(one, { force: true });
  const words = ["babeld", "-G", socket, "-I", pid, "-L", log, "-S", "", "cable"];
  const inside = ["netns", "exec", pair.namespace("a"), ...words];
  const child = spawn("ip", inside, { stdio: "ignore" });
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`babeld ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return child;
}
