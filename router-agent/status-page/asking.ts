import * as Effect from "effect/Effect";
import type { Answer, Request } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";

/** An answer as it would come over the control socket: amounts are decimal texts. */
export const plainAnswer = (answer: Answer, request: Request) =>
  Effect.map(answer(request), (value): unknown => JSON.parse(toJson(value ?? null)));

/** The same, where an agent may not know the request at all: then there is nothing. */
export const plainAnswerIfAny = (answer: Answer, request: Request) =>
  Effect.catch(plainAnswer(answer, request), () => Effect.succeed(undefined));
