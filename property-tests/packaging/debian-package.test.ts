import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as Effect from "effect/Effect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { daemonWords, routerEnvironment } from "#agent/packaging/launch.ts";
import { lacks } from "./lacking-tool.ts";

/** Two packages, on a busy machine, in milliseconds. */
const packTime = 180_000;

const program = fileURLToPath(new URL("../../router-agent/packaging/main.ts", import.meta.url));
const { PATH = "" } = process.env;

/** The tests' own Node comes first, as on a machine that has this one installed. */
const path = `${dirname(process.execPath)}:${PATH}`;

let home = "";
const file = (...parts: readonly string[]): string => join(home, ...parts);

/** `npm run package` as a person runs it, from anywhere, with any umask. */
function packaged(out: string, umask: number, environment: Readonly<Record<string, string>> = {}) {
  const before = process.umask(umask);
  try {
    return spawnSync(process.execPath, [program, "--deb", "--json", "--out", out], {
      cwd: tmpdir(),
      env: { PATH, TMPDIR: tmpdir(), ...environment },
      encoding: "utf8",
    });
  } finally {
    process.umask(before);
  }
}

const name = "meshtoll_0.1.0_all.deb";
const skipped = lacks("dpkg-deb", "dpkg");

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-package-"));
  if (skipped) return;
  expect(packaged(file("one"), 0o022).stderr).toBe("");
}, packTime);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.skipIf(skipped)("the Debian package", () => {
  test(
    "has the same bytes whoever makes it, and others with another date",
    () => {
      const said = packaged(file("two"), 0o077, { TZ: "Asia/Tokyo", LC_ALL: "C.UTF-8" });
      expect(JSON.parse(said.stdout).deb.file).toBe(file("two", name));
      const first = readFileSync(file("one", name));
      expect(readFileSync(file("two", name)).equals(first)).toBe(true);
      packaged(file("three"), 0o022, { SOURCE_DATE_EPOCH: "1700000000" });
      expect(readFileSync(file("three", name)).equals(first)).toBe(false);
    },
    packTime,
  );

  test("is refused a date that is none", () => {
    for (const date of ["yesterday", "-1", "12345678901"]) {
      const { status, stderr } = packaged(file("bad"), 0o022, { SOURCE_DATE_EPOCH: date });
      expect(status).toBe(3);
      expect(stderr).toBe(
        `SOURCE_DATE_EPOCH: found "${date}", allowed are seconds since 1970, of at most 10 digits\n`,
      );
    }
  });

  test("belongs to root, shows its configuration to nobody else, and keeps it on an upgrade", () => {
    const listed = spawnSync("dpkg-deb", ["--contents", file("one", name)], { encoding: "utf8" });
    const lines = listed.stdout.trimEnd().split("\n");
    expect(lines.filter((line) => !/^\S+ root\/root /.test(line))).toEqual([]);
    expect(lines.find((line) => line.includes("meshtoll.conf"))).toMatch(/^-rw-r----- /);
    expect(lines.filter((line) => /^-..(?:s|.{2}w|.{3}s|.{5}w)/.test(line))).toEqual([]);
    const conffiles = ["--info", file("one", name), "conffiles"];
    const found = spawnSync("dpkg-deb", conffiles, { encoding: "utf8" });
    expect(found.stdout).toBe("/etc/meshtoll/meshtoll.conf\n");
  });

  test("installs below a root; the installed command and the installed agent run", async () => {
    const root = installed();
    const command = join(root, "usr/bin/meshtoll");
    expect(lstatSync(command).isSymbolicLink()).toBe(true);
    const asked = (...words: readonly string[]) =>
      spawnSync(command, words, { encoding: "utf8", env: { PATH: path, HOME: home } });
    expect(asked("--version").stdout).toContain("0.1.0");
    const config = join(root, "etc/meshtoll/meshtoll.conf");
    expect(asked("config", "check", "--config", config).stdout).toContain("accepted: 0 neighbour");
    const [, , ...words] = execStart(root);
    const journal = file("state", "journal");
    const text = readFileSync(config, "utf8").replaceAll("/var/lib/meshtoll", file("state"));
    writeFileSync(config, text);
    const here = words.map((word) => (word.startsWith("/") ? join(root, word) : word));
    const child = spawn(process.execPath, here, { env: { PATH, ...routerEnvironment } });
    const exit = new Promise((resolve) => child.once("exit", resolve));
    while (!existsSync(controlPath(journal))) {
      expect(child.exitCode).toBe(null);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const status = await Effect.runPromise(askAgent(controlPath(journal), ["status"]));
    expect(status).toMatchObject({ run: "1", programs: 2 });
    expect(asked("reload", "--config", config).stdout).toBe("reloaded\n");
    expect(asked("stop", "--config", config).stdout).toBe("stopping\n");
    expect(await exit).toBe(0);
  });

  test("is removed without what is worth money: keys and journal stay", () => {
    const root = installed();
    const keys = join(root, "var/lib/meshtoll/keys");
    mkdirSync(dirname(keys), { recursive: true });
    writeFileSync(keys, "secret");
    expect(dpkg(root, "--purge", "meshtoll").status).toBe(0);
    expect(existsSync(join(root, "usr/lib/meshtoll"))).toBe(false);
    expect(existsSync(join(root, "etc/meshtoll/meshtoll.conf"))).toBe(false);
    expect(readFileSync(keys, "utf8")).toBe("secret");
  });

  test.skipIf(lacks("systemd-analyze"))("has a unit that systemd takes, hardened", () => {
    const root = installed();
    for (const program of ["usr/bin/node"]) {
      writeFileSync(join(root, program), "");
      chmodSync(join(root, program), 0o755);
    }
    const unit = join(root, "usr/lib/systemd/system/meshtoll.service");
    expect(execStart(root)).toEqual([
      "ExecStart",
      "/usr/bin/node",
      ...daemonWords("/etc/meshtoll/meshtoll.conf"),
      "--keep-tunnels",
    ]);
    const text = readFileSync(unit, "utf8");
    for (const [key, value] of Object.entries(routerEnvironment)) {
      expect(text).toContain(`${key}=${value}`);
    }
    // Other units of a whole system are not there: only what is said about ours counts.
    rmSync(join(root, "usr/bin/meshtoll"));
    symlinkSync("node", join(root, "usr/bin/meshtoll"));
    const words = ["verify", "--man=no", "--recursive-errors=no", `--root=${root}`];
    const { stderr } = spawnSync("systemd-analyze", [...words, "meshtoll.service"], {
      encoding: "utf8",
    });
    expect(stderr.split("\n").filter((line) => line.includes("meshtoll"))).toEqual([]);
    writeFileSync(unit, text.replace("KillMode=process", "KillMode=nonsense"));
    const wrong = spawnSync("systemd-analyze", [...words, "meshtoll.service"], {
      encoding: "utf8",
    });
    expect(wrong.stderr).toContain("nonsense");
  });

  test.skipIf(lacks("shellcheck"))("has scripts that shellcheck has nothing to say about", () => {
    for (const script of ["postinst", "prerm"]) {
      const control = spawnSync("dpkg-deb", ["--info", file("one", name), script]);
      const found = spawnSync("shellcheck", ["-"], { input: control.stdout, encoding: "utf8" });
      expect(found.stdout).toBe("");
    }
  });
});

/** A fresh root in which the package is installed; its scripts are told that it is another root. */
function installed(): string {
  const root = mkdtempSync(file("root-"));
  mkdirSync(join(root, "var/lib/dpkg/updates"), { recursive: true });
  for (const one of ["status", "available"]) writeFileSync(join(root, "var/lib/dpkg", one), "");
  const { status, stderr } = dpkg(root, "--install", file("one", name));
  expect(status, stderr).toBe(0);
  return root;
}

function dpkg(root: string, ...words: readonly string[]) {
  const options = ["--force-not-root", "--force-depends", "--force-script-chrootless"];
  return spawnSync("dpkg", [`--root=${root}`, ...options, `--log=${file("log")}`, ...words], {
    encoding: "utf8",
    env: { PATH: `${path}:/usr/sbin:/sbin`, LC_ALL: "C" },
  });
}

/** The words of the unit's ExecStart, its name first. */
function execStart(root: string): readonly string[] {
  const text = readFileSync(join(root, "usr/lib/systemd/system/meshtoll.service"), "utf8");
  const line = /^(ExecStart)=(.*)$/m.exec(text);
  return [line?.[1] ?? "", ...(line?.[2] ?? "").split(" ")];
}
