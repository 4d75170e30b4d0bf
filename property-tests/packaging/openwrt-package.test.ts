import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfigText } from "#agent/config/config-reader.ts";
import { openwrtPackage } from "#agent/packaging/openwrt-package.ts";
import { routerFiles } from "#agent/packaging/router-bundle.ts";

/** Two packages, on a busy machine, in milliseconds. */
const packTime = 180_000;
const date = 1_700_000_000;

let home = "";
let folder = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "meshtoll-openwrt-"));
  folder = await openwrtPackage(join(home, "one"), date);
}, packTime);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const text = (path: string): string => readFileSync(join(folder, path), "utf8");
const filesOf = (where: string) =>
  globSync("**/*", { cwd: where })
    .filter((path) => statSync(join(where, path)).isFile())
    .toSorted();

describe("the OpenWrt package", () => {
  test(
    "is the same, to the byte and the date, when it is made again",
    async () => {
      const again = await openwrtPackage(join(home, "two"), date);
      expect(filesOf(again)).toEqual(filesOf(folder));
      for (const path of filesOf(folder)) {
        const [one, two] = [join(folder, path), join(again, path)];
        const digest = (it: string) => createHash("sha256").update(readFileSync(it)).digest("hex");
        expect(digest(two), path).toBe(digest(one));
        expect(statSync(two).mtimeMs, path).toBe(date * 1000);
      }
    },
    packTime,
  );

  test("installs every file that it has, and has every file that it installs", () => {
    const makefile = text("Makefile").replaceAll("\\\n", " ");
    expect(makefile).toContain("PKG_VERSION:=0.1.0\n");
    expect(makefile).not.toContain("@");
    const named = Array.from(makefile.matchAll(/\.\/files\/(\S+)/g), ([, path = ""]) => path);
    for (const path of named)
      expect(globSync(path, { cwd: join(folder, "files") })).not.toEqual([]);
    const installed = named.flatMap((path) => globSync(path, { cwd: join(folder, "files") }));
    expect(installed.toSorted()).toEqual(filesOf(join(folder, "files")));
    for (const path of ["usr/lib/meshtoll/meshtoll.cjs", "usr/libexec/rpcd/meshtoll"]) {
      expect(statSync(join(folder, "files", path)).mode & 0o111, path).toBe(0o111);
    }
  });

  test("is text of make with balanced definitions, and tabs before every recipe", () => {
    const lines = text("Makefile").split("\n");
    expect(lines.filter((line) => line.startsWith("define "))).toHaveLength(
      lines.filter((line) => line === "endef").length,
    );
    expect(lines.filter((line) => /^ {4,}\S/.test(line))).toEqual([]);
    const include = join(home, "stub");
    const words = [
      "-n",
      "-f",
      join(folder, "Makefile"),
      `TOPDIR=${include}`,
      `INCLUDE_DIR=${include}`,
    ];
    const stub = `mkdir -p ${include}; : > ${include}/rules.mk; printf 'all:\\n' > ${include}/package.mk`;
    expect(spawnSync("sh", ["-c", stub]).status).toBe(0);
    const made = spawnSync("make", words, { encoding: "utf8" });
    if (made.error === undefined) expect(made.stderr).toBe("");
  });

  test("has a configuration that its agent takes as it stands, with everything on flash", () => {
    const reading = readConfigText(text("files/etc/config/meshtoll"));
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const { journal, keysFile, history } = reading.config;
    expect(journal.directory).toBe("/etc/meshtoll/journal");
    expect(keysFile).toBe("/etc/meshtoll/keys");
    expect(history.on).toBe(false);
    expect(text("Makefile")).toContain("conffiles\n/etc/config/meshtoll\nendef");
  });

  test("keeps the keys over an upgrade of the system, and never a journal: an old one is a lie", () => {
    expect(text("files/lib/upgrade/keep.d/meshtoll")).toBe("/etc/meshtoll/keys\n");
  });

  test("has the second program beside the agent and the command, once", () => {
    const found = filesOf(join(folder, "files")).filter((path) =>
      path.endsWith(routerFiles.second),
    );
    expect(found).toEqual([`usr/lib/meshtoll/${routerFiles.second}`]);
  });
});

describe("what rpcd starts", () => {
  const plugin = (...words: readonly string[]) =>
    spawnSync(process.execPath, [join(folder, "files/usr/libexec/rpcd/meshtoll"), ...words], {
      encoding: "utf8",
      input: "{}",
    });

  test("lists what LuCI may ask for, and more that only root's own scripts ask", () => {
    const { status, stdout } = plugin("list");
    expect(status).toBe(0);
    const methods = Object.keys(JSON.parse(stdout));
    const acl = JSON.parse(text("files/usr/share/rpcd/acl.d/luci-app-meshtoll.json"));
    const { read, write } = acl["luci-app-meshtoll"];
    const allowed = [...read.ubus.meshtoll, ...write.ubus.meshtoll];
    expect(methods).toEqual(expect.arrayContaining(allowed));
    expect(methods.filter((one) => !allowed.includes(one))).toEqual(["reload", "stop"]);
  });

  test("refuses what it does not know, whatever it looks like", () => {
    for (const words of [[], ["call"], ["call", "shutdown"], ["call", "constructor"], ["run"]]) {
      const { status, stdout } = plugin(...words);
      expect(status).toBe(3);
      expect(JSON.parse(stdout).error).toMatch(/^usage: /);
    }
  });

  test("says so where there is no configuration, or no agent", () => {
    expect(plugin("call", "status", join(home, "nothing")).status).toBe(4);
    const { status, stdout } = plugin("call", "status", configFor(join(home, "nobody")));
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toEqual({ error: "no agent is running (ENOENT)" });
  });

  test("passes on answers, refusals and nonsense, and stops at an answer without end", async () => {
    const directory = mkdtempSync(join(home, "j"));
    const config = configFor(directory);
    const answers: Readonly<Record<string, readonly [string, number, object]>> = {
      status: [`{"ok":{"node":"02"}}\n`, 0, { answer: { node: "02" } }],
      peers: [`{"error":"no"}\n`, 3, { error: "no" }],
      routes: ["nonsense", 3, { error: "the agent hung up without an answer" }],
      incidents: ["x".repeat(2 ** 20 + 1), 3, { error: "the agent's answer is too long" }],
    };
    const server = await listening(join(directory, "control.sock"), (request) => {
      const [word = ""] = JSON.parse(request) as readonly string[];
      return answers[word]?.[0] ?? "";
    });
    for (const [method, [, code, value]] of Object.entries(answers)) {
      const found = await asynchronously(["call", method, config]);
      expect(found).toEqual({ code, value });
    }
    await new Promise((resolve) => server.close(resolve));
  });

  /** The server of this test answers only while this process does not wait for another one. */
  async function asynchronously(words: readonly string[]) {
    const program = join(folder, "files/usr/libexec/rpcd/meshtoll");
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (part: Buffer) => {
      out += part.toString("utf8");
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    return { code, value: JSON.parse(out) as unknown };
  }
});

/** A configuration whose journal is in this directory. */
function configFor(directory: string): string {
  const path = `${directory}.conf`;
  writeFileSync(path, `config meshtoll 'main'\n\toption journal '${directory}'\n`);
  return path;
}

function listening(path: string, answer: (request: string) => string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (part: Buffer) => socket.end(answer(part.toString("utf8"))));
  });
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}
