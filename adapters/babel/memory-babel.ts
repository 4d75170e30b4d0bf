import type { Babel, BabelState } from "./babel.ts";
import { parseFeasibility } from "./feasibility-dump.ts";
import { watchedBabel } from "./watched-babel.ts";

/** A babeld in memory: a test says its lines. */
export interface MemoryBabel {
  readonly service: Babel["Service"];
  /** Lines of its local protocol, as `parseBabelLine` reads them. */
  readonly say: (...lines: readonly string[]) => void;
  /** What it writes on SIGUSR1; nothing where it does not. */
  readonly dump: (log: string | undefined) => void;
  /** It ends, hangs or comes back: whatever it said before is forgotten. */
  readonly become: (state: BabelState, why?: string) => void;
}

/** A babeld in memory that is up and knows nothing. */
export function memoryBabel(): MemoryBabel {
  const watched = watchedBabel();
  watched.setState("up");
  return {
    service: watched.service,
    say: (...lines) => {
      const why = watched.hear(lines);
      if (why !== undefined) watched.setState("senseless", why);
    },
    dump: (log) => {
      watched.table().beginDump();
      watched.table().endDump(log === undefined ? undefined : parseFeasibility(log));
      watched.touch();
    },
    become: (state, why) => {
      watched.begin();
      watched.setState(state, why);
      watched.touch();
    },
  };
}
