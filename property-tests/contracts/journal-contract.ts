import * as Effect from "effect/Effect";
import type * as Layer from "effect/Layer";
import { expect, test } from "vitest";
import { Journal } from "#adapters/journal/journal.ts";
import type { JournalError } from "#adapters/journal/journal-error.ts";

/** A place that keeps a journal between openings. */
export interface JournalPlace {
  readonly open: () => Layer.Layer<Journal, JournalError>;
}

/** What every implementation of the journal port does. */
export function journalContract(name: string, place: () => JournalPlace): void {
  const inside = <A>(
    at: JournalPlace,
    use: (journal: Journal["Service"]) => Effect.Effect<A, JournalError>,
  ) =>
    Effect.runPromise(
      Effect.gen(function* () {
        return yield* use(yield* Journal);
      }).pipe(Effect.provide(at.open()), Effect.scoped),
    );

  test(`${name}: an empty journal has no commits`, async () => {
    expect(await inside(place(), (journal) => journal.read)).toEqual([]);
  });

  test(`${name}: what was appended is read again, in order, after a restart`, async () => {
    const at = place();
    const commits = Array.from({ length: 300 }, (_, i) =>
      new Uint8Array(1 + ((i * 37) % 2000)).fill(i),
    );
    await inside(at, (journal) => journal.append(commits.slice(0, 100)));
    await inside(at, (journal) =>
      Effect.forEach(commits.slice(100), (commit) => journal.append([commit])),
    );
    const read = await inside(at, (journal) => journal.read);
    expect(read.map((commit) => Array.from(commit))).toEqual(
      commits.map((commit) => Array.from(commit)),
    );
    expect((await inside(at, (journal) => journal.stat)).commits).toBe(300n);
  });

  test(`${name}: a commit of nothing and one above 8192 bytes are refused, and nothing is lost`, async () => {
    const at = place();
    await inside(at, (journal) => journal.append([new Uint8Array([1])]));
    for (const length of [0, 8193]) {
      const error = await inside(
        at,
        (journal) =>
          Effect.flip(
            journal.append([new Uint8Array(length)]),
          ) as unknown as Effect.Effect<JournalError>,
      );
      expect(error.problem).toBe("too large");
      expect(error.words).toContain(String(length));
    }
    await inside(at, (journal) => journal.append([new Uint8Array(8192).fill(7)]));
    expect((await inside(at, (journal) => journal.read)).length).toBe(2);
  });
}
