/** Words about long work go to people who watch: to a terminal on stderr, and nowhere else. */
export interface Progress {
  readonly tell: (place: string, commits: bigint) => void;
  readonly end: () => void;
}

/** One line that is written over, on a terminal; silence elsewhere. */
export function progressOn(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { tell: () => undefined, end: () => undefined };
  const at = new Map<string, bigint>();
  return {
    tell: (place, commits) => {
      at.set(place, commits);
      const all = [...at.values()].reduce((sum, one) => sum + one, 0n);
      stream.write(`\r\x1b[K${all} commits of ${at.size} journal(s) read`);
    },
    end: () => void (at.size > 0 && stream.write("\r\x1b[K")),
  };
}
