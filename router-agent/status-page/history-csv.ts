import * as Effect from "effect/Effect";
import type { HistoryQuery } from "#adapters/index/history-index.ts";
import type { Answer } from "#agent/agent/control-socket.ts";
import { historyRequest, isPageAnswer } from "#agent/agent/history-request.ts";
import type { PlainRow } from "#agent/cli/history-source.ts";
import { csvColumns, csvLine } from "#agent/cli/history-text.ts";
import { plainAnswer } from "./asking.ts";
import type { StatusAnswer } from "./node-answers.ts";

/** Rows of one download, at most: some 5 MB. The command `history --csv` has no limit. */
export const csvLimit = 50_000;

/**
 * The history as `history --csv` prints it, oldest first, one neighbour after the other, up to
 * {@link csvLimit} rows; a last line says so where some are missing.
 */
export const historyCsv = Effect.fnUntraced(function* (answer: Answer) {
  const status = (yield* plainAnswer(answer, ["status"])) as StatusAnswer;
  const lines: string[] = [csvColumns.join(",")];
  for (const [neighbour, { id }] of status.neighbours.entries()) {
    const owner = { id, name: status.names[id] ?? id.slice(0, 12) };
    let after: HistoryQuery["after"];
    do {
      const page = yield* plainAnswer(answer, historyRequest({ neighbour, after }));
      if (!isPageAnswer(page)) break;
      for (const row of page.rows as readonly PlainRow[]) {
        if (lines.length > csvLimit) {
          lines.push(`# more than ${csvLimit} rows: use meshtoll history --csv`);
          return csvText(lines);
        }
        lines.push(csvLine(row, owner));
      }
      after = page.next;
    } while (after !== undefined);
  }
  return csvText(lines);
});

/** RFC 4180: each line ends with CRLF. */
function csvText(lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n`;
}
