import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { afterAll, describe, expect, test } from "vitest";
import { readConfig } from "#agent/config/config-file.ts";
import { configSizeLimit, neighbourLimit, routeLimit } from "#agent/config/document.ts";
import { ConfigError, problemLimit } from "#agent/config/problem.ts";
import { accepted, complaints, configOf, neighbour } from "./config-bench.ts";

const room = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));
const file = (content: string | Uint8Array): string => {
  const path = join(room, "config");
  writeFileSync(path, content);
  return path;
};
const refusal = (path: string): Promise<ConfigError> =>
  Effect.runPromise(Effect.flip(readConfig(path)));

describe("a configuration file", () => {
  test("is read", async () => {
    const path = file(configOf(neighbour(1)));
    expect(await Effect.runPromise(readConfig(path))).toEqual(accepted(configOf(neighbour(1))));
  });

  test("that is not there, or is a directory, is an error with words", async () => {
    expect((await refusal(join(room, "absent"))).message).toContain("ENOENT");
    expect((await refusal(room)).message).toContain("EISDIR");
  });

  test("as long as allowed is read, a byte more is refused unread", async () => {
    const longest = file(`#${" ".repeat(configSizeLimit - 1)}`);
    expect(await Effect.runPromise(readConfig(longest))).toEqual(accepted(""));
    const error = await refusal(file(`#${" ".repeat(configSizeLimit)}`));
    expect(error.message).toContain(`at most ${configSizeLimit} bytes`);
  });

  test("that is no text is refused", async () => {
    expect((await refusal(file(Uint8Array.of(0x7b, 0xff, 0xfe)))).message).toContain("UTF-8");
  });

  test("names itself and its problems, and not without end", async () => {
    const path = file("bogus\n".repeat(10_000));
    const error = await refusal(path);
    expect(error.problems).toHaveLength(problemLimit + 1);
    expect(error.message).toContain(path);
    expect(error.message.split("\n")).toHaveLength(problemLimit + 2);
    expect(error.message).toContain("and 1 more");
  });

  test("that has a very long line is answered in a short one", () => {
    const said = complaints(`option ${"x".repeat(100_000)}`);
    expect(said.length).toBeLessThan(300);
    expect(complaints(JSON.stringify({ journal: "/".repeat(100_000) })).length).toBeLessThan(300);
  });
});

describe("files made to be slow are answered like others", () => {
  const filled = (piece: string): string =>
    piece.repeat(Math.floor(configSizeLimit / piece.length));
  test.each([
    ["one list", `config meshtoll\n${filled("list a b\n")}`, "at most 100 values"],
    ["one JSON list", `{"neighbours":[{"price":[${filled("1,")}1]}]}`, "at most 100 values"],
    [
      "options",
      `{${Array.from({ length: 20_000 }, (_, n) => `"o${n}":1`).join(",")}}`,
      "20000 options",
    ],
    ["sections", filled("config route\n"), "at most 1000"],
    ["words", `config meshtoll ${filled("a ")}`, "config type"],
    ["a text without end", `config meshtoll\n"${filled("\\a")}`, "closing quote"],
    ["a JSON text without end", `{"${filled("\\n")}`, "a text in double quotes"],
    ["quotes", `config meshtoll\noption journal ${filled("''")}`, "journal"],
    ["a number", `{"control_port": ${filled("9")}}`, "at most 300 characters"],
  ])("%s", (_, text, words) => {
    expect(complaints(text)).toContain(words);
  });
});

describe("counts", () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => neighbour(n));

  test("the largest number of neighbours passes, one more is refused", () => {
    expect(accepted(configOf(...many(neighbourLimit))).neighbours).toHaveLength(neighbourLimit);
    expect(complaints(configOf(...many(neighbourLimit + 1)))).toContain(
      "found 251, allowed is at most 250",
    );
  });

  test("the largest number of routes passes, one more is refused", () => {
    const routes = (count: number) =>
      JSON.stringify({
        neighbours: [neighbour(1)],
        routes: Array.from({ length: count }, (_, n) => ({
          prefix: `10.${n >> 8}.${n & 255}.0/24`,
          via: "n1",
        })),
      });
    expect(accepted(routes(routeLimit)).routes).toHaveLength(routeLimit);
    expect(complaints(routes(routeLimit + 1))).toContain("at most 1000");
  });
});

test("the error is one that Effect can tell from others", () => {
  expect(new ConfigError({ source: "x", problems: [] })._tag).toBe("ConfigError");
});
