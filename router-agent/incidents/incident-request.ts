import * as Effect from "effect/Effect";
import type { Answer } from "#agent/agent/control-socket.ts";
import type { IncidentBook } from "./incident-book.ts";

/** Answers `incidents` from a book, newest first, and passes every other request on. */
export function withIncidents(answer: Answer, book: IncidentBook): Answer {
  return (request) =>
    request[0] === "incidents"
      ? Effect.sync(() => ({ incidents: book.incidents() }))
      : answer(request);
}
