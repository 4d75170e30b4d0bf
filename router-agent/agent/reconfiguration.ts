import { type Config, isKnown, type NeighbourConfig } from "#agent/config/config.ts";

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
    rates: [rates.link, rates.leastLink, rates.control],
    edges: config.edges,
    served: config.served,
    metered: config.metered,
    notice_listen: config.noticeListen,
    low_balance: config.lowBalance,
    poke_interval: config.pokeInterval,
    status: config.status,
    log_level: config.logLevel,
    babel: fixedRouting(config),
    discovery: [config.discovery.interfaces, config.discovery.port, config.discovery.interval],
  };
}

/** Which babeld, and what it announces; not by what a route is chosen. */
function fixedRouting({ routing: { preference, maxPrice, ...fixed } }: Config): unknown {
  return fixed;
}

/** What a neighbour that stays keeps: its interfaces and their queues, and its accounts are so many. */
function fixedNeighbour({ name, classes, listenPort, delivery }: NeighbourConfig): unknown {
  return [name, classes, listenPort, delivery?.rate];
}

/**
 * Why a running agent cannot take another configuration; nothing where it can. Neighbours may come
 * and go, and show other tunnel keys; routes, prices, fees, terms and limits may change. The rest
 * needs a restart, which with `--keep-tunnels` loses no counter.
 */
export function fixedDifference(now: Config, next: Config): string | undefined {
  const before = fixedParts(now);
  const after = fixedParts(next);
  const part =
    Object.keys(before).find((key) => text(before[key]) !== text(after[key])) ??
    otherNeighbour(now, next);
  return part === undefined
    ? undefined
    : `${part} cannot change while the agent runs: stop it with --keep-tunnels and start it again`;
}

/** Which neighbour that stays would have other interfaces or classes, or another port. */
function otherNeighbour(now: Config, next: Config): string | undefined {
  const other = next.neighbours.find((one) => {
    const before = now.neighbours.find(({ id }) => id === one.id);
    return (
      before !== undefined &&
      isKnown(before) &&
      text(fixedNeighbour(before)) !== text(fixedNeighbour(one))
    );
  });
  return other && `name, classes, delivery_rate and listen_port of the neighbour ${other.name}`;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? `${item}n` : item)) ?? "";
}
