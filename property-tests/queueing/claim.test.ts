import * as Effect from "effect/Effect";
import { expect, test } from "vitest";
import { claim } from "#adapters/queueing/claim.ts";

test("a name is claimed once at a time, told in words to the second, and free again afterwards", async () => {
  const name = `the test of ${process.pid}`;
  const twice = Effect.andThen(claim(name), Effect.flip(Effect.scoped(claim(name))));
  const { words } = await Effect.runPromise(Effect.scoped(twice));
  expect(words).toContain(`another agent uses ${name}`);
  await Effect.runPromise(Effect.scoped(claim(name)));
});
