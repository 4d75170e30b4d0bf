import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controlPath } from "#agent/agent/control-socket.ts";
import { readUci } from "#agent/config/uci-reader.ts";
import { daemonWords, routerEnvironment } from "#agent/packaging/launch.ts";
import { bundlePlugin, bundleRouter, routerFiles } from "#agent/packaging/router-bundle.ts";
import { lacks } from "./lacking-tool.ts";

/** Three bundles, on a busy machine, in milliseconds. */
const bundleTime = 120_000;

const place = (path: string) =>
  fileURLToPath(new URL(`../../router-agent/packaging/openwrt/files/${path}`, import.meta.url));
const script = place("etc/init.d/meshtoll");
const stub = fileURLToPath(new URL("stub-rc-common.sh", import.meta.url));

let home = "";
let bundle = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-init-"));
  bundle = join(home, "bundle");
  await bundleRouter(bundle);
  await bundlePlugin(join(home, "plugin"));
}, bundleTime);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A configuration file as an operator writes it. */
function written(name: string, ...more: readonly string[]): string {
  const path = join(home, name);
  const lines = [
    "config meshtoll 'main'",
    `\toption journal '${join(home, `${name}-journal`)}'`,
    `\toption keys '${join(home, `${name}-keys`)}'`,
    "\toption history 'off'",
    ...more,
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** Runs the script under the stub, with the paths of this test. */
function run(action: string, config: string) {
  const overrides = join(home, "overrides.sh");
  const sections = join(home, "sections");
  const reading = readUci(readFileSync(config, "utf8"));
  const named = reading.ok
    ? [
        ...[...reading.document.main.entries].flatMap(([key, { value }]) =>
          [value].flat().map((one) => ["meshtoll main", key, one]),
        ),
        ...reading.document.neighbours.flatMap(({ entries }, i) =>
          [...entries].map(([key, { value }]) => [`neighbour cfg${i}`, key, value]),
        ),
      ]
    : [];
  writeFileSync(sections, named.map((words) => `${words.join(" ")}\n`).join(""));
  writeFileSync(
    overrides,
    `NODE='${process.execPath}'\nCONFIG='${config}'\nAGENT='${join(bundle, routerFiles.agent)}'\nPLUGIN='${join(home, "plugin")}'\n`,
  );
  const { PATH = "" } = process.env;
  const env = { PATH: `${join(process.execPath, "..")}:${PATH}`, SECTIONS: sections };
  const words = [stub, script, action];
  const asShipped = spawnSync("sh", words, { encoding: "utf8", env });
  const here = { ...env, OVERRIDES: overrides };
  return { asShipped, here: spawnSync("sh", words, { encoding: "utf8", env: here }) };
}

const calls = (text: string) => text.trimEnd().split("\n");

describe("the init script", () => {
  test("has procd run the agent by exactly these words, and open exactly these ports", () => {
    const config = written(
      "two",
      "config neighbour 'anna'",
      "\toption listen_port '51820'",
      "config neighbour 'berta'",
      "\toption listen_port '51830'",
      "\toption classes '3'",
    );
    const { asShipped } = run("start", config);
    expect(asShipped.stderr).toBe("");
    const environment = Object.entries(routerEnvironment).map(([key, value]) => `${key}=${value}`);
    const rule = (...words: readonly string[]) => [
      "json_add_object\t",
      ...words.map((one) => `json_add_string\t${one}`),
      "json_add_string\ttarget\tACCEPT",
      "json_close_object",
    ];
    const tunnel = (ports: string) =>
      rule("type\trule", "src\t*", "proto\tudp", `dest_port\t${ports}`);
    expect(calls(asShipped.stdout)).toEqual([
      "procd_open_instance\tagent",
      [
        "procd_set_param",
        "command",
        "/usr/bin/node",
        ...daemonWords("/etc/config/meshtoll"),
        "--keep-tunnels",
      ].join("\t"),
      ["procd_set_param", "env", ...environment].join("\t"),
      "procd_set_param\trespawn\t3600\t5\t5",
      "procd_set_param\tlimits\tcore=0 0\tnofile=1024 1024",
      "procd_set_param\tstdout\t1",
      "procd_set_param\tstderr\t1",
      "procd_set_param\tterm_timeout\t15",
      "procd_set_param\tfile\t/etc/config/meshtoll",
      "procd_open_data",
      "json_add_array\tfirewall",
      "config_load\tmeshtoll",
      ...tunnel("51820-51821"),
      ...tunnel("51830-51833"),
      ...rule(
        "type\trule",
        "family\tipv6",
        "src\t*",
        "device\ttoll*",
        "direction\tin",
        "src_ip\tfe80::/10",
        "proto\tudp",
        "dest_port\t8469",
      ),
      "json_close_array",
      "procd_close_data",
      "procd_close_instance",
      "procd_add_reload_trigger\tmeshtoll",
      "procd_add_raw_trigger\tinterface.*\t5000\t/etc/init.d/meshtoll\treload",
      "procd_set_config_changed\tfirewall",
    ]);
  });

  test("opens calls and the tunnels of found neighbours on the interfaces of discovery, and nowhere else", () => {
    const config = written(
      "found",
      "\tlist discovery_interface 'wlan0'",
      "\tlist discovery_interface 'eth1'",
      "\toption discovery_limit '4'",
    );
    const { asShipped } = run("start", config);
    expect(asShipped.stderr).toBe("");
    const said = calls(asShipped.stdout).filter((one) => /device|dest_port/.test(one));
    const opened = (device: string, ports: string) => [
      `json_add_string\tdevice\t${device}`,
      `json_add_string\tdest_port\t${ports}`,
    ];
    expect(said).toEqual([
      ...opened("toll*", "8469"),
      ...opened("wlan0", "8471"),
      ...opened("wlan0", "52000-52031"),
      ...opened("eth1", "8471"),
      ...opened("eth1", "52000-52031"),
    ]);
  });

  test("opens no port that is none, whatever the configuration says", () => {
    const evil = ["51820;reboot", "$(reboot)", "51820 -j ACCEPT", "-1", ""];
    for (const port of evil) {
      const config = written("evil", "config neighbour 'anna'", `\toption listen_port '${port}'`);
      const { asShipped } = run("start", config);
      const ports = calls(asShipped.stdout).filter((one) => one.includes("dest_port"));
      expect(ports).toEqual(["json_add_string\tdest_port\t8469"]);
    }
  });

  test("says in the log what is wrong in a configuration, line by line, and leaves the agent alone", () => {
    const config = written(
      "wrong",
      "\toption free_rate 'fast'",
      "\toption pay_treshold '1 USDC'",
      "config neighbour 'anna'",
      "\toption listen_port '0'",
    );
    for (const action of ["check", "reload"]) {
      const { here } = run(action, config);
      expect(here.status).toBe(1);
      const [call, head, ...problems] = calls(here.stdout);
      expect(call).toBe("logger\t-s\t-t\tmeshtoll\t-p\tdaemon.err");
      expect(head).toBe(`${config} is refused:`);
      expect(problems).toHaveLength(4);
      expect(problems.join("\n")).toMatch(/free_rate \(line 5\): found "fast", allowed is /);
      expect(problems.join("\n")).toMatch(
        /pay_treshold \(line 6\): .*did you mean pay_threshold\?/,
      );
      expect(problems.join("\n")).toMatch(/neighbours\[0\].listen_port \(line 8\): found "0"/);
      for (const line of problems) expect(line).toMatch(/^ {2}\S.*: found .*, allowed is /);
    }
  });

  test("a file that is missing, a directory, or no text is said too", () => {
    const { here } = run("check", written("fine"));
    expect(here).toMatchObject({ status: 0, stdout: "" });
    const binary = written("binary");
    writeFileSync(binary, new Uint8Array([0xff, 0xfe, 0]));
    expect(run("check", binary).here.stdout).toContain("text in UTF-8");
  });

  test("a reload reaches a running agent; where none runs it begins one", async () => {
    const config = written("live");
    expect(calls(run("reload", config).here.stdout)[0]).toBe("procd_open_instance\tagent");
    const child = await started(config, "live-journal");
    expect(run("reload", config).here).toMatchObject({ status: 0, stdout: "" });
    // Another journal is nothing that a running agent can take.
    const text = readFileSync(config, "utf8");
    writeFileSync(config, `${text}\toption interface_prefix 'other'\n`);
    expect(calls(run("reload", config).here.stdout)[0]).toBe("procd_open_instance\tagent");
    const exit = new Promise((resolve) => child.once("exit", resolve));
    const { here } = run("cleanup", config);
    expect(calls(here.stdout).at(-1)).toBe("procd_kill\tmeshtoll");
    expect(await exit).toBe(0);
    expect(existsSync(controlPath(join(home, "live-journal")))).toBe(false);
  });

  test.skipIf(lacks("shellcheck"))("and all other shell on flash leave shellcheck silent", () => {
    const scripts = ["etc/hotplug.d/iface/60-meshtoll", "etc/uci-defaults/60-meshtoll"].map(place);
    const found = spawnSync("shellcheck", [script, stub, ...scripts], { encoding: "utf8" });
    expect(found.stdout).toBe("");
    expect(found.status).toBe(0);
  });
});

async function started(config: string, journal: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, daemonWords(config, bundle), { stdio: "ignore" });
  while (!existsSync(controlPath(join(home, journal)))) {
    if (child.exitCode !== null) throw new Error("the agent ended before it listened");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}
