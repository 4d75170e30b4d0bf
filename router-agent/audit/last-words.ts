/**
 * Ends a program with a code once all that it said is written. `process.exit` does not wait: what a
 * slow reader of a pipe has not taken by then is lost, and half a report looks like a whole one.
 */
export function afterLastWords(exit: (code: number) => void): (code: number) => void {
  return (code) => {
    process.stdout.write("", () => process.stderr.write("", () => exit(code)));
  };
}
