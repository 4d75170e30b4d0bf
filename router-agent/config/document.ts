/** One option as it stands in the file: always text, so that no number is ever a float. */
export interface Entry {
  readonly value: string | readonly string[];
  readonly line: number;
}

/** The options of one section, by name. */
export interface Section {
  /** How messages call it: "" for the main section, `neighbours[2]` and `routes[0]`. */
  readonly path: string;
  readonly line: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** A configuration file of either form, taken apart but not yet understood. */
export interface ConfigDocument {
  readonly main: Section;
  readonly neighbours: readonly Section[];
  readonly routes: readonly Section[];
}

/** The longest configuration, in bytes. 250 neighbours and as many routes take about 120 KiB. */
export const configSizeLimit = 256 * 1024;

/** How many neighbours one node bills. */
export const neighbourLimit = 250;

/** How many routes a configuration holds. */
export const routeLimit = 1000;

/** How many values one list has, and how many options one section, before they are looked at. */
export const listLimit = 100;

/** How an option is called in messages. */
export function pathOf(section: Section, key: string): string {
  return section.path === "" ? key : `${section.path}.${key}`;
}
