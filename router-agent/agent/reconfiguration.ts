import type { Config, NeighbourConfig } from "#agent/config/config.ts";

/** What a running agent cannot change, part by part, as plain values to compare. */
function fixedParts(config: Config): Readonly<Record<string, unknown>> {
  const { journal, history, keysFile, interfacePrefix, controlPort, token, settlement, rates } =
    config;
  return {
    journal: journal.directory,
    history,
    keys: keysFile,
    keys_passphrase: config.passphraseFile,
    interface_prefix: interfacePrefix,
    control_port: controlPort,
    token,
    settlement,
    rates,
    poke_interval: config.pokeInterval,
    routes: config.routes,
    neighbours: config.neighbours.map(fixedNeighbour),
  };
}

/** Who a neighbour is and where; not what it pays, may owe and may get. */
function fixedNeighbour(neighbour: NeighbourConfig): unknown {
  const { charge, maxPrice, creditLimit, spendingLimit, ...fixed } = neighbour;
  return fixed;
}

/**
 * Why a running agent cannot take another configuration; nothing where it can. Prices, fees,
 * terms, credit limits and spending limits may change; the rest needs a restart, which with
 * `--keep-tunnels` loses no counter.
 */
export function fixedDifference(now: Config, next: Config): string | undefined {
  const before = fixedParts(now);
  const after = fixedParts(next);
  const part = Object.keys(before).find((key) => text(before[key]) !== text(after[key]));
  return part === undefined
    ? undefined
    : `${part} cannot change while the agent runs: stop it with --keep-tunnels and start it again`;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item)) ?? "";
}
