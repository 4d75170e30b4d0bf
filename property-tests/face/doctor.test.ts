import { createSocket } from "node:dgram";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysFromSeed } from "#adapters/keys/seeded-keys.ts";
import { agentChecks } from "#agent/doctor/agent-checks.ts";
import { examined } from "#agent/doctor/examination.ts";
import { meshtoll } from "../agent/meshtoll-process.ts";
import { accepted } from "../config/config-bench.ts";
import { neighbourSpecimen, overviewSpecimen } from "./overview-specimen.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-doctor-"));
  chmodSync(home, 0o700);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const keys = keysFromSeed("doctor's neighbour");

/** A configuration with a neighbour, and what a test changes of it. */
const configText = (change: Readonly<Record<string, unknown>> = {}, port = 51_873) =>
  JSON.stringify({
    journal: join(home, "journal"),
    keys: join(home, "keys"),
    status_listen: "off",
    ...change,
    neighbours: [
      { name: "anna", id: keys.nodeId, tunnel_key: keys.tunnelPublicKey, listen_port: port },
    ],
  });
const examine = async (text: string) => {
  const found = await Effect.runPromise(examined(accepted(text)));
  return found.map(({ verdict, subject, words }) => `${verdict} ${subject}: ${words}`).join("\n");
};

describe("doctor without an agent", () => {
  test("says what it looked at, that no agent runs, and makes nothing", async () => {
    const said = await examine(configText());
    expect(said).toContain("fine configuration: 1 neighbour(s), 0 route(s)");
    expect(said).toContain("fine Node: ");
    expect(said).toContain(`notice keys: there are none at ${home}/keys yet`);
    expect(said).toContain("notice journal: there is none");
    expect(said).toContain("notice agent: it does not run");
    expect(said).toContain("fine ports: 2 UDP port(s) are free");
    expect(readdirSync(home)).toEqual([]);
  });

  test("a port that somebody has is named", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    const { port } = socket.address();
    const said = await examine(configText({}, port));
    socket.close();
    expect(said).toContain(`notice ports: UDP ${port} for anna cannot be had: EADDRINUSE`);
  });

  test("a journal that is none, keys and a password that others can read are wrong", async () => {
    const journal = join(home, "file");
    writeFileSync(journal, "this is no journal");
    const open = join(home, "open");
    writeFileSync(open, "x".repeat(40));
    chmodSync(open, 0o644);
    const said = await examine(configText({ journal, keys: open, status_token_file: open }));
    expect(said).toMatch(/wrong keys: .*can be read or written by others/);
    expect(said).toMatch(/wrong status password: .*can be read or written by others/);
    expect(said).toMatch(/wrong journal: /);
    expect(said).not.toContain("xxxx");
  });

  test("the command ends with 1 where something is wrong, and with 0 where nothing is", async () => {
    const good = join(home, "good.json");
    writeFileSync(
      good,
      JSON.stringify({ journal: join(home, "j"), keys: join(home, "k"), status_listen: "off" }),
    );
    const fine = await meshtoll(home, "doctor", "--config", good);
    expect(fine).toMatchObject({ code: 0, err: "" });
    expect(fine.out).toContain("nothing is wrong");
    const bad = join(home, "bad.json");
    writeFileSync(bad, '{"journal": "nowhere"}');
    const wrong = await meshtoll(home, "doctor", "--config", bad, "--json");
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.out)).toMatchObject({
      healthy: false,
      diagnoses: [{ subject: "configuration", verdict: "wrong" }],
    });
  });
});

describe("doctor of a running agent", () => {
  const verdicts = (change: Parameters<typeof overviewSpecimen>[0]) =>
    agentChecks(overviewSpecimen(change)).map(({ verdict, subject }) => `${verdict} ${subject}`);

  test("finds nothing where nothing is", () => {
    expect(verdicts({})).toEqual([
      "fine agent",
      "fine neighbour anna",
      "fine free tier of anna",
      "fine balance",
    ]);
  });

  test("names what is wrong by what it asks for: a stop, an incident, a neighbour, a balance", () => {
    expect(verdicts({ stopped: "no disk" })[0]).toBe("wrong agent");
    expect(verdicts({ alarms: ["fraud"] })).toContain("notice alarm");
    const states = ["silent", "throttled", "broken", "fraud"] as const;
    const neighbours = states.map((state) => neighbourSpecimen(state, { state }));
    expect(verdicts({ neighbours }).slice(1, 5)).toEqual([
      "notice neighbour silent",
      "notice neighbour throttled",
      "wrong neighbour broken",
      "wrong neighbour fraud",
    ]);
    const balance = { ...overviewSpecimen().balance, low: true };
    expect(verdicts({ balance })).toContain("notice balance");
    const incident = {
      kind: "disk full",
      subject: "",
      since: 0,
      detected: "",
      action: "",
      advice: "",
    };
    expect(verdicts({ incidents: [{ ...incident, open: true }] })).toContain("wrong incident");
    expect(verdicts({ incidents: [{ ...incident, open: false }] })).not.toContain("wrong incident");
  });

  test("wishes that upstream does not allow are worth a notice, with numbers that would do", () => {
    const market = {
      mode: "automatic",
      asked: [],
      refused: ["nothing is sold to anna: allowed is 5"],
    };
    expect(verdicts({ market })).toContain("notice prices");
    expect(verdicts({ market: { ...market, refused: [] } })).toContain("fine prices");
    expect(verdicts({ market: undefined }).join()).not.toContain("prices");
  });

  test("whatever is not fine comes with advice", () => {
    const incident = {
      kind: "x",
      subject: "",
      since: 0,
      detected: "",
      action: "",
      advice: "do",
      open: true,
    };
    const all = agentChecks(
      overviewSpecimen({ stopped: "x", alarms: ["x"], failures: ["x"], incidents: [incident] }),
    );
    for (const { verdict, advice } of all) expect(advice === undefined).toBe(verdict === "fine");
  });
});
