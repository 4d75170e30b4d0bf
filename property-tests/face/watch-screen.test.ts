import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { controlPath, controlSocket } from "#agent/agent/control-socket.ts";
import { type Terminal, watchStatus } from "#agent/cli/status-watch.ts";
import { leastWidth, screenLines } from "#agent/cli/watch-screen.ts";
import { neighbourSpecimen, overviewSpecimen } from "./overview-specimen.ts";
import { withPage } from "./page-world.ts";

const incident = {
  kind: "disk full",
  subject: "",
  since: 0,
  detected: "nothing is free",
  action: "waits",
  advice: "make room",
  open: true,
};
const textOf = (...args: Parameters<typeof screenLines>) =>
  screenLines(...args)
    .map(({ text }) => text)
    .join("\n");

describe("the screen of status --watch", () => {
  test("says what is wrong before anything else, and what to do", () => {
    const text = textOf(overviewSpecimen({ incidents: [incident] }), 100, 40);
    expect(text.split("\n")[1]).toBe("1 incident(s) open, see below");
    expect(text).toContain("disk full: nothing is free");
    expect(text).toContain("-> make room");
    expect(textOf(overviewSpecimen(), 100, 40)).toContain("nothing is wrong");
    expect(textOf(overviewSpecimen({ stopped: "no disk" }), 100, 40)).toContain(
      "STOPPED ACTING: no disk",
    );
  });

  test("shows rates, balance and neighbours, with as many columns as there is room for", () => {
    const wide = textOf(overviewSpecimen(), 200, 40);
    for (const words of [
      "sends 2.5 Mbit/s, receives 400 kbit/s",
      "balance 1.2 USDC, lasts 40 days",
      "anna",
      "12 ms",
    ]) {
      expect(wide).toContain(words);
    }
    const narrow = textOf(overviewSpecimen(), leastWidth, 40);
    expect(narrow).toContain("anna");
    expect(narrow).not.toContain("12 ms");
  });

  test("is never wider nor higher than the terminal, whatever is on it", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 30 }),
        fc.integer({ min: leastWidth, max: 250 }),
        fc.integer({ min: 2, max: 60 }),
        (texts, width, height) => {
          const neighbours = texts.map((one) =>
            neighbourSpecimen(one, { sent: one, state: "silent" }),
          );
          const incidents = texts.map((one) => ({ ...incident, subject: one, detected: one }));
          const lines = screenLines(
            overviewSpecimen({ neighbours, incidents, alarms: texts }),
            width,
            height,
          );
          expect(lines.length).toBeLessThan(height);
          for (const line of lines) {
            expect(Array.from(line.text).length).toBeLessThanOrEqual(width);
            expect(line.text).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });
});

/** Watches the agent of a page's world on a terminal until something was drawn twice; then Ctrl-C. */
async function watchedOn(terminal: Omit<Terminal, "write">): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-watch-"));
  let drawn = "";
  try {
    await withPage(async ({ answer, config }) => {
      const up = Deferred.makeUnsafe<void>();
      const twice = Deferred.makeUnsafe<void>();
      const write = (text: string): void => {
        drawn += text;
        if (drawn.split("meshtoll 0").length > 2)
          Effect.runFork(Deferred.succeed(twice, undefined));
      };
      const own = { ...config(), journal: { ...config().journal, directory: home } };
      const life = Effect.gen(function* () {
        yield* controlSocket(controlPath(home), answer);
        yield* Deferred.succeed(up, undefined);
        return yield* watchStatus(own, { ...terminal, write });
      });
      const fiber = Effect.runFork(Effect.scoped(life));
      await Effect.runPromise(Deferred.await(twice));
      await Effect.runPromise(Fiber.interrupt(fiber));
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return drawn;
}

describe("status --watch", () => {
  test("on a terminal draws in place, and leaves it as it was when it is ended", async () => {
    const drawn = await watchedOn({ size: () => ({ width: 80, height: 24 }), colours: true });
    expect(drawn.startsWith("\u001b[?1049h")).toBe(true);
    expect(drawn.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(drawn).toContain("\u001b[1mmeshtoll");
    expect(drawn.split("\u001b[H").length).toBeGreaterThan(2);
  });

  test("without colours there are none; into a file no control character goes at all", async () => {
    const plain = await watchedOn({ size: () => ({ width: 80, height: 24 }), colours: false });
    expect(plain).not.toMatch(/\p{Cc}\[[0-9;]*m/u);
    const file = await watchedOn({ size: () => undefined, colours: false });
    expect(file).not.toContain("\u001b");
    expect(file).toContain("nothing is wrong");
  });
});
