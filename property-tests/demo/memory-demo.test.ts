import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoHops } from "#agent/demo/hop.ts";
import { memoryStage } from "#agent/demo/memory-stage.ts";
import { newObserver } from "#agent/demo/observer.ts";
import type { Stage } from "#agent/demo/stage.ts";
import { tellStory } from "#agent/demo/story.ts";
import type { Ending, Telling } from "#agent/demo/telling.ts";
import { type Evidence, verdict } from "#agent/demo/verdict.ts";
import { position } from "#core/units/position.ts";

/** The story at this pace takes some ten seconds. */
const pace = 4;

const why = "this is a test";
const told: Telling[] = [];
let stage: Stage;
let ending: Ending;
let journals: Evidence["journals"];

beforeAll(async () => {
  stage = await memoryStage({ why, curtain: new AbortController().signal, pace });
  ending = await tellStory(stage, (what) => told.push(what));
  journals = await stage.journals();
}, 120_000);

afterAll(() => stage.close());

describe("the demo's story on the in-memory twins of every port", () => {
  test("passes every check", () => {
    expect(ending.checks.filter((check) => !check.holds)).toEqual([]);
    expect(ending).toMatchObject({ passed: true, mode: "memory" });
  });

  test("throttles the cheat once, and nobody else", () => {
    expect(ending.falseThrottles).toBe(0);
    expect(ending.trueThrottles).toBeGreaterThan(0);
  });

  test("ends with every hop's books equal, to the grain, and credit within its bound", () => {
    expect(ending.hops.map((hop) => hop.names)).toEqual(demoHops);
    for (const hop of ending.hops) {
      expect(hop.signed).toBe(hop.owed);
      expect(hop.credited).toBe(hop.owed);
      expect(hop.sent).toBeGreaterThan(hop.received);
      expect(hop.worstExposure).toBeGreaterThan(0n);
      expect(hop.worstExposure).toBeLessThanOrEqual(hop.exposureBound);
    }
  });

  test("tells seven phases in order, with samples all along", () => {
    const phases = told.flatMap((one) => (one.fact === "phase" ? [one.phase] : []));
    expect(phases).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(told.filter((one) => one.fact === "sample").length).toBeGreaterThan(40);
  });
});

describe("the demo's verdict", () => {
  test("fails where a payment is missing from the payee's journal", async () => {
    const c = withoutLast(journals.c, "VoucherCredited");
    expect(await claimsBroken({ ...journals, c })).toContain(
      "b -> c: owed = signed = credited, to the grain",
    );
  });

  test("fails where a journal says one byte more than the kernel counted", async () => {
    const at = journals.c.findLastIndex((event) => event.type === "BytesRead");
    const c = journals.c.map((event, i) =>
      i === at && event.type === "BytesRead"
        ? { ...event, read: position(event.read + 1n) }
        : event,
    );
    expect(await claimsBroken({ ...journals, c })).toContain(
      "what is billed is what the kernel counted, to the byte",
    );
  });

  test("fails where everything that b credited is gone from its journal", async () => {
    const b = journals.b.filter((event) => event.type !== "VoucherCredited");
    const broken = await claimsBroken({ ...journals, b });
    expect(broken).toContain("every event of every journal follows from the rules");
    expect(broken).toContain("a -> b: owed = signed = credited, to the grain");
  });
});

test("when the curtain falls, the story ends at its next wait", async () => {
  const curtain = new AbortController();
  const other = await memoryStage({ why, curtain: curtain.signal, pace });
  try {
    const telling = tellStory(other, (what) => {
      if (what.fact === "sample") curtain.abort();
    });
    await expect(telling).rejects.toThrow("aborted");
  } finally {
    await other.close();
  }
});

/** What the verdict objects to, given these journals and everything else as it was. */
async function claimsBroken(changed: Evidence["journals"]): Promise<readonly string[]> {
  const counters = await stage.counters();
  const { throttledAfter, reopenedAfter, rss, transfer } = ending;
  const judged = await verdict(
    stage,
    newObserver(stage, () => {}),
    {
      journals: changed,
      before: counters,
      after: counters,
      leasedBefore: [0n, 0n, 0n],
      throttledAfter,
      reopenedAfter,
      rss,
      transfer,
    },
  );
  expect(judged.passed).toBe(false);
  return judged.checks.filter((check) => !check.holds).map((check) => check.claim);
}

function withoutLast(events: Evidence["journals"]["a"], type: string) {
  const at = events.findLastIndex((event) => event.type === type);
  return events.filter((_, i) => i !== at);
}
