import type { Config } from "#agent/config/config.ts";

/** The nft table of an agent. */
export function tableName(config: Config): string {
  return `meshtoll_${config.interfacePrefix}`;
}
