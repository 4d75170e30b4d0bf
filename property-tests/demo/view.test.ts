import { describe, expect, test } from "vitest";
import { hopsOf } from "#agent/demo/hop.ts";
import type { Telling } from "#agent/demo/telling.ts";
import { view } from "#agent/demo/view.ts";

const large = 10n ** 21n;
const sample: Telling = {
  at: 61_000,
  fact: "sample",
  hops: hopsOf({}).map((hop) => ({ ...hop, sent: large, received: large - 7n, owed: large })),
  rss: { a: 123_456_789, b: 123_456_789, c: 123_456_789 },
};
const phase: Telling = { at: 0, fact: "phase", phase: 1, of: 7, title: "it begins", why: "why" };
const check: Telling = {
  at: 1,
  fact: "check",
  claim: "something holds",
  holds: true,
  found: "x".repeat(500),
};

function shown(live: boolean, width: number, tellings: readonly Telling[]): string {
  let text = "";
  const seen = view(
    (part) => {
      text += part;
    },
    { live, width: () => width },
  );
  for (const telling of tellings) seen.tell(telling);
  seen.fail("the test is over");
  return text;
}

describe("the demo's view", () => {
  test("is plain text without a terminal: no escape codes, and the whole of what was found", () => {
    const text = shown(false, 80, [phase, ...Array.from({ length: 24 }, () => sample), check]);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("x".repeat(500));
    expect(text).toContain("[1/7] it begins");
    expect(text.match(/a -> b/g)?.length).toBe(2);
  });

  test("never draws a line that a terminal would wrap, however narrow and however large the sums", () => {
    for (const width of [20, 40, 80, 132]) {
      const text = shown(true, width, [sample, check, sample]);
      const lines = text.split("\n").map(visible);
      // The first lines and the last are words that may wrap: nothing is drawn over them.
      const drawn = lines.slice(2, -3);
      expect(drawn.length).toBeGreaterThan(14);
      for (const line of drawn) expect(line.length).toBeLessThan(width);
    }
  });

  test("hides the cursor while it draws, and shows it again at the end", () => {
    const text = shown(true, 80, [sample]);
    expect(text.lastIndexOf("\u001b[?25h")).toBeGreaterThan(text.lastIndexOf("\u001b[?25l"));
    expect(text.lastIndexOf("\u001b[?25l")).toBeGreaterThan(-1);
  });

  test("says that a claim does not hold, with all that was found, on any terminal", () => {
    const text = shown(true, 40, [{ ...check, holds: false }]);
    expect(text).toContain("NO");
    expect(text).toContain("x".repeat(500));
  });
});

/** A line without its escape codes. */
function visible(line: string): string {
  const [first = "", ...rest] = line.split("\u001b[");
  return first + rest.map((part) => part.replace(/^[?0-9]*[A-Za-z]/, "")).join("");
}
