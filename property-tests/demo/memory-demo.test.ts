import { expect, test } from "vitest";
import { memoryStage } from "#agent/demo/memory-stage.ts";
import { tellStory } from "#agent/demo/story.ts";

test("the demo's story holds on the in-memory twins of every port, and every check of it passes", async () => {
  const stage = await memoryStage("this is a test");
  try {
    const ending = await tellStory(stage, () => {});
    expect(ending.checks.filter((check) => !check.holds)).toEqual([]);
    expect(ending.passed).toBe(true);
    expect(ending.mode).toBe("memory");
  } finally {
    await stage.close();
  }
}, 120_000);
