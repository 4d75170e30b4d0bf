import { fileURLToPath } from "node:url";
import { measured } from "./measured-process.ts";

/** What the index of history costs, beside reading the journal for every question. */
export interface HistoryBench {
  /** Of a journal of 100 neighbours and 1000 rounds of readings. */
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Milliseconds of one question, about one neighbour. */
  readonly ask: { readonly byIndex: number; readonly byJournal: number };
  /** Megabytes that a process grew by: LevelDB and its buffers, against reading alone. */
  readonly megabytes: { readonly byIndex: number; readonly byJournal: number };
}

interface Cost {
  readonly rows: number;
  readonly made: number;
  readonly asked: number;
  readonly before: number;
  readonly after: number;
}

/** Each way in a process of its own, so that neither has the other's memory. */
export async function benchHistory(): Promise<HistoryBench> {
  const program = fileURLToPath(new URL("history-cost.ts", import.meta.url));
  const cost = async (how: string): Promise<Cost> =>
    JSON.parse((await measured([process.execPath, program, how])).output) as Cost;
  const [byIndex, byJournal] = [await cost("index"), await cost("journal")];
  const grown = ({ before, after }: Cost) => Math.round((after - before) / 1e5) / 10;
  const milliseconds = ({ asked }: Cost) => Math.round(asked * 1e4) / 10;
  return {
    rows: byIndex.rows,
    rowsPerSecond: Math.round(byIndex.rows / byIndex.made),
    ask: { byIndex: milliseconds(byIndex), byJournal: milliseconds(byJournal) },
    megabytes: { byIndex: grown(byIndex), byJournal: grown(byJournal) },
  };
}
