import { afterEach, expect, test, vi } from "vitest";
import { spawnInside } from "#agent/demo/agent-process.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("what a stage started starts no stage: a program that is its own agent would never end", () => {
  vi.stubEnv("MESHTOLL_STAGE", "abcde");
  expect(() => spawnInside("abcde", "a", ["--version"], "a")).toThrow("name the agent's program");
});
