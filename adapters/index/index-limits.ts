/** What a row takes on disk at most, in bytes, with its key and what the store needs for itself. */
export const rowCost = 96n;

/** The fewest bytes an index may be limited to. */
export const leastLimit = 1_048_576n;
