import * as Effect from "effect/Effect";

export const runDemo = (_: { readonly json: boolean; readonly memory: boolean }) =>
  Effect.succeed(1);
