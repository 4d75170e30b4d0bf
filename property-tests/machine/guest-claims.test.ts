import { expect, test } from "vitest";
import { expect as inside } from "../lab/vm/guest/claims.ts";

test("in the emulated machine a rejection is expected with words, or with any", async () => {
  const refused = () => Promise.reject(new Error("no room for it"));
  const outcome = (asked: Promise<void>) =>
    asked.then(
      () => "as expected",
      (error: Error) => error.message,
    );

  expect(await outcome(inside(refused()).rejects.toThrow("room"))).toBe("as expected");
  expect(await outcome(inside(refused()).rejects.toThrow())).toBe("as expected");
  expect(await outcome(inside(refused()).rejects.toThrow("time"))).toContain('with "time"');
  expect(await outcome(inside(Promise.resolve()).rejects.toThrow())).toContain("not undefined");
});
