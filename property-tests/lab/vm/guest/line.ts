import { removeBelongings } from "#agent/demo/belongings.ts";
import { claimTag } from "#agent/demo/claim.ts";
import { kernelStage } from "#agent/demo/kernel-stage.ts";
import { frugal } from "#agent/demo/pace.ts";
import { tellShortStory } from "#agent/demo/story.ts";
import { report } from "./report.ts";

/**
 * The short story of the demo's line on the kernel's own WireGuard: three agents of the bundle, loss on
 * every cable, interfaces that go down, a cheat that is throttled and pays, three journals audited.
 */
export async function playLine(): Promise<object> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  const claim = await claimTag();
  const curtain = new AbortController();
  try {
    const stage = await kernelStage(claim.tag, curtain.signal, { pace: frugal, program });
    report({ step: "three agents answer" });
    try {
      const { passed, checks, hops, ...rest } = await tellShortStory(
        stage,
        (what) => {
          if (what.fact !== "sample") report(what);
        },
        frugal,
      );
      const paid = hops.map(({ names, sent, received, owed, credited }) => {
        return { hop: names.join(" -> "), sent, received, owed, credited };
      });
      const failures = checks.filter(({ holds }) => !holds);
      return { passed, checks: checks.length, failures, hops: paid, ...figures(rest) };
    } finally {
      await stage.close();
    }
  } finally {
    await removeBelongings(claim.tag);
    claim.release();
  }
}

type Rest = Omit<Awaited<ReturnType<typeof tellShortStory>>, "passed" | "checks" | "hops">;

/** Milliseconds are the machine's own, whose clock counts instructions. */
function figures({ throttledAfter, reopenedAfter, rss, transfer, milliseconds, ...rest }: Rest) {
  const { falseThrottles, trueThrottles, earnedByB } = rest;
  const times = { throttledAfter, reopenedAfter, milliseconds };
  return { ...times, rss, transfer, falseThrottles, trueThrottles, earnedByB };
}
