import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import { describe, expect, test } from "vitest";
import { complaintLimit, outputLimit, run } from "#adapters/command/command.ts";

/** A variable that no tool should see. */
const secret = "MESHTOLL_TEST_SECRET";

const succeed = (...args: Parameters<typeof run>) => Effect.runPromise(run(...args));
const fail = (...args: Parameters<typeof run>) => Effect.runPromise(Effect.flip(run(...args)));

describe("tools", () => {
  test("a tool gets its arguments and input as they are, and no shell sees them", async () => {
    const nasty = "$(id) `id` ; & | > * ' \" \\ \n";
    expect(await succeed("printf", ["%s", nasty])).toBe(nasty);
    expect(await succeed("cat", [], nasty)).toBe(nasty);
  });

  test("a tool sees nothing of our environment but where tools are", async () => {
    Object.assign(process.env, { [secret]: "x" });
    try {
      const seen = (await succeed("env", []))
        .trim()
        .split("\n")
        .map((line) => line.split("=")[0]);
      expect(seen.sort()).toEqual(["LC_ALL", "PATH"]);
    } finally {
      delete process.env[secret];
    }
  });

  test("a missing tool is named", async () => {
    const error = await fail("meshtoll-no-such-tool", []);
    expect(error).toMatchObject({ problem: "missing", tool: "meshtoll-no-such-tool" });
    expect(error.message).toBe("meshtoll-no-such-tool is not installed");
  });

  test("a missing tool of a known package is named with it", async () => {
    const { env } = process;
    const { PATH } = env;
    Object.assign(env, { PATH: "/nonexistent" });
    try {
      expect((await fail("nft", [])).message).toBe(
        "nft is not installed (Debian package nftables)",
      );
    } finally {
      Object.assign(env, { PATH });
    }
  });

  test("what a failing tool says is told, but not without end", async () => {
    const error = await fail("ls", ["--", "/no/such/place"]);
    expect(error.problem).toBe("failed");
    expect(error.message).toContain("/no/such/place");
    const chatter = `process.stderr.write("x".repeat(${10 * complaintLimit})); process.exitCode = 3`;
    const long = await fail(process.execPath, ["-e", chatter]);
    expect(long.message).toContain("(3)");
    expect(long.message.length).toBeLessThan(complaintLimit + 500);
  });

  test("what a tool says that read a secret is kept back", async () => {
    const echo = "process.stdin.pipe(process.stderr); process.exitCode = 1";
    const args = ["-e", echo] as const;
    expect((await fail(process.execPath, args, "sesame")).message).toContain("sesame");
    const kept = await fail(process.execPath, args, "sesame", { secretInput: true });
    expect(kept.message).not.toContain("sesame");
  });

  test("a tool that prints too much is ended, and one that prints just as much as it may is not", async () => {
    const size = String(outputLimit);
    expect(await succeed("head", ["-c", size, "/dev/zero"])).toHaveLength(outputLimit);
    expect((await fail("head", ["-c", String(outputLimit + 1), "/dev/zero"])).problem).toBe(
      "too much output",
    );
    expect((await fail("cat", ["/dev/zero"])).problem).toBe("too much output");
  });

  test("a tool that takes too long is ended", async () => {
    const error = await fail("sleep", ["1000"], "", { timeLimit: 50 });
    expect(error.problem).toBe("too slow");
    expect(error.message).toBe("sleep took more than 50 ms and was ended");
  });

  test("a tool whose result nobody wants any more is ended", async () => {
    const mark = `1000.${process.pid}`;
    const fiber = Effect.runFork(run("sleep", [mark]));
    const alive = async () => (await succeed("ps", ["-eo", "args"])).includes(`sleep ${mark}`);
    while (!(await alive())) await new Promise((resolve) => setTimeout(resolve, 5));
    await Effect.runPromise(Fiber.interrupt(fiber));
    while (await alive()) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test("arguments that no program can take are an error, not a fault", async () => {
    expect((await fail("echo", ["a\0b"])).problem).toBe("failed");
    expect((await fail("echo", ["x".repeat(4_000_000)])).problem).toBe("failed");
  });
});
