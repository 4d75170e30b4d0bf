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

test("in the emulated machine something is looked at until it is as expected, or time is over", async () => {
  let looks = 0;
  await inside.poll(() => ++looks, { interval: 1 }).toBe(3);
  expect(looks).toBe(3);
  const never = inside.poll(async () => "closed", { timeout: 20, interval: 1 }).toContain("open");
  await expect(never).rejects.toThrow('"closed" to contain "open"');
});
