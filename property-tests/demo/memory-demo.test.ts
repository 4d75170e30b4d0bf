import { expect, test } from "vitest";
import { memoryStage } from "#agent/demo/memory-stage.ts";
import { tellStory } from "#agent/demo/story.ts";
import type { Telling } from "#agent/demo/telling.ts";

/** The story at this pace takes some ten seconds. */
const pace = 4;

test("the demo's story holds on the in-memory twins of every port, and every check of it passes", async () => {
  const curtain = new AbortController().signal;
  const stage = await memoryStage({ why: "this is a test", curtain, pace });
  const told: Telling[] = [];
  try {
    const ending = await tellStory(stage, (what) => told.push(what));
    expect(ending.checks.filter((check) => !check.holds)).toEqual([]);
    expect(ending.passed).toBe(true);
    expect(ending.mode).toBe("memory");
    expect(ending.falseThrottles).toBe(0);
    expect(ending.trueThrottles).toBe(1);
    expect(ending.hops.map((hop) => hop.names.join(""))).toEqual(["ab", "bc", "cb"]);
    for (const hop of ending.hops) {
      expect(hop.signed).toBe(hop.owed);
      expect(hop.credited).toBe(hop.owed);
      expect(hop.sent).toBeGreaterThan(hop.received);
      expect(hop.worstExposure).toBeGreaterThan(0n);
      expect(hop.worstExposure).toBeLessThanOrEqual(hop.exposureBound);
    }
    const phases = told.flatMap((one) => (one.fact === "phase" ? [one.phase] : []));
    expect(phases).toEqual([1, 2, 3, 4, 5, 6, 7]);
  } finally {
    await stage.close();
  }
}, 120_000);

test("when the curtain falls, the story ends at its next wait", async () => {
  const curtain = new AbortController();
  const stage = await memoryStage({ why: "this is a test", curtain: curtain.signal, pace });
  try {
    const telling = tellStory(stage, (what) => {
      if (what.fact === "sample") curtain.abort();
    });
    await expect(telling).rejects.toThrow("aborted");
  } finally {
    await stage.close();
  }
});
