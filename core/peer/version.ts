/** Versions of the protocol, oldest and newest included. */
export interface Versions {
  readonly oldest: number;
  readonly newest: number;
}

/** What this program speaks. Whoever speaks several reads and writes the forms of all of them. */
export const ourVersions: Versions = { oldest: 1, newest: 2 };

/** What a neighbour speaks that says HELLO in its first form only. */
export const firstVersions: Versions = { oldest: 1, newest: 1 };

/** The largest version that a message can name. */
export const versionLimit = 255;

/** The newest version that both speak; nothing where there is none: one side has to be updated. */
export function commonVersion(ours: Versions, theirs: Versions): number | undefined {
  const newest = ours.newest < theirs.newest ? ours.newest : theirs.newest;
  const oldest = ours.oldest > theirs.oldest ? ours.oldest : theirs.oldest;
  return newest < oldest ? undefined : newest;
}
