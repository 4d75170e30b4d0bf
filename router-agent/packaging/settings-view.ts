import type { Token } from "#agent/config/form.ts";
import {
  fallbackText,
  mainOptions,
  neighbourOptions,
  type Options,
  routeOptions,
} from "#agent/config/options.ts";

/** One option as LuCI's page of settings shows it. */
export interface SettingsOption {
  readonly key: string;
  readonly about: string;
  /** What holds where nothing is written, for the empty field. */
  readonly fallback: string;
  readonly required: boolean;
  readonly many: boolean;
  /** Whether it has a column in the list of sections; else it is in the dialogue alone. */
  readonly column: boolean;
}

/** A kind of section; with a name where there is one of it alone. */
export interface SettingsSection {
  readonly type: string;
  readonly name: string | undefined;
  readonly title: string;
  readonly anonymous: boolean;
  readonly options: readonly SettingsOption[];
}

/** Where in the view the sections are written. */
export const sectionsMark = "/* @SECTIONS@ */ []";

const token: Token = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n };

/** Columns that tell one section from the next. */
const columns = ["name", "listen_port", "endpoint", "prefix", "via", "class"];

/** Every option that the agent knows, in the order of its table. */
export const settingsSections: readonly SettingsSection[] = [
  { ...section("meshtoll", "This node", mainOptions), name: "main", anonymous: true },
  section("neighbour", "Neighbours", neighbourOptions),
  section("route", "Routes", routeOptions),
];

/**
 * The view with the sections in it. @throws Error where it has no place for them.
 * @param template the text of `settings.js`.
 */
export function settingsView(template: string): string {
  if (!template.includes(sectionsMark)) throw new Error("settings.js has no place for sections");
  return template.replace(sectionsMark, () => JSON.stringify(settingsSections, null, "\t"));
}

function section(type: string, title: string, options: Options): SettingsSection {
  return {
    type,
    name: undefined,
    title,
    // A neighbour's section may have a name of its own, which is the neighbour's.
    anonymous: true,
    options: Object.entries(options).map(([key, option]) => ({
      key,
      about: option.about,
      fallback:
        option.fallback.kind === "none"
          ? option.fallback.meaning
          : (fallbackText(option, token) ?? ""),
      required: option.fallback.kind === "required",
      many: option.many !== undefined,
      column: columns.includes(key),
    })),
  };
}
