/** How to run parts of the night again: their numbers by name, 0 for one that is left out. */
export function replayCommand(parts: Readonly<Record<string, number>>, seed: number): string {
  const numbers = Object.entries(parts).filter(([, number]) => number > 0);
  const only = numbers.map(([name]) => name).join(",");
  const flags = numbers.map(([name, number]) => `--${name} ${number}`).join(" ");
  return `npm run nightly -- journal --only ${only} ${flags} --seed ${seed}`;
}
