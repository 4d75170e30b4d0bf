import type { Config, NeighbourConfig, RouteConfig } from "./config.ts";
import type { Token } from "./form.ts";
import { mainOptions, neighbourOptions, type Options, routeOptions } from "./options.ts";
import type { Values } from "./section-reader.ts";

/** The two forms in which a configuration is written. They say the same. */
export type ConfigForm = "uci" | "json";

/**
 * A configuration as text, with every default spelt out. Reading it gives an equal configuration.
 */
export function renderConfig(config: Config, form: ConfigForm): string {
  const { token } = config;
  const main = written(mainOptions, mainValues(config), token);
  const neighbours = config.neighbours.map((neighbour) =>
    written(neighbourOptions, neighbourValues(neighbour), token),
  );
  const routes = config.routes.map((route) => written(routeOptions, routeValues(route), token));
  if (form === "json") {
    return `${JSON.stringify({ ...Object.fromEntries(main), neighbours: neighbours.map(Object.fromEntries), routes: routes.map(Object.fromEntries) }, null, 2)}\n`;
  }
  return [
    uciSection("config meshtoll 'main'", main),
    ...neighbours.map((options) => uciSection("config neighbour", options)),
    ...routes.map((options) => uciSection("config route", options)),
  ].join("\n");
}

type Written = readonly (readonly [key: string, value: string | readonly string[]])[];

/** The options that have a value, in the order of the table. */
function written<O extends Options>(options: O, values: Values<O>, token: Token): Written {
  return Object.entries(options).flatMap(([key, { form, many }]): Written => {
    const value: unknown = values[key];
    if (value === undefined) return [];
    if (many === undefined) return [[key, form.write(value, token)]];
    return [[key, (value as readonly unknown[]).map((one) => form.write(one, token))]];
  });
}

function uciSection(head: string, options: Written): string {
  const lines = options.flatMap(([key, value]) =>
    typeof value === "string"
      ? [`\toption ${key} ${uciQuoted(value)}`]
      : value.map((one) => `\tlist ${key} ${uciQuoted(one)}`),
  );
  return [head, ...lines, ""].join("\n");
}

/** A text in UCI's single quotes, in which nothing is special but the quote itself. */
export function uciQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function mainValues(config: Config): Values<typeof mainOptions> {
  const { terms, settlement } = config;
  return {
    journal: config.journal.directory,
    journal_limit: config.journal.limit,
    journal_archive: config.journal.archive,
    history: config.history.on,
    history_limit: config.history.limit,
    history_days: config.history.days,
    snapshot_every: config.journal.snapshotEvery,
    keys: config.keysFile,
    keys_passphrase: config.passphraseFile,
    interface_prefix: config.interfacePrefix,
    control_port: config.controlPort,
    token_symbol: config.token.symbol,
    token_decimals: config.token.decimals,
    grains_per_unit: config.token.grainsPerUnit,
    chain_id: settlement.chainId,
    contract: settlement.contract,
    rpc: settlement.endpoints.length === 0 ? undefined : settlement.endpoints,
    token_address: settlement.token,
    channel_notice: settlement.notice,
    finality: `${settlement.finality}`,
    contract_block: settlement.fromBlock,
    fee_cap: settlement.feeCap,
    chain_interval: settlement.interval,
    top_up_below: settlement.topUpBelow,
    hold_at_most: settlement.mostHeld,
    register_above: settlement.registerAbove,
    pay_threshold: terms.payThreshold,
    credit_limit: terms.creditLimit,
    reservation: terms.reservation,
    read_chunk: terms.readChunk,
    price_cap: terms.priceCap,
    round_trip: config.roundTrip,
    allowance: terms.allowance,
    free_rate: config.rates.free,
    link_rate: config.rates.link,
    control_rate: config.rates.control,
    poke_interval: config.pokeInterval,
  };
}

function neighbourValues(neighbour: NeighbourConfig): Values<typeof neighbourOptions> {
  const { charge } = neighbour;
  return {
    name: neighbour.name,
    id: neighbour.id,
    tunnel_key: neighbour.tunnelKey,
    listen_port: neighbour.listenPort,
    endpoint: neighbour.endpoint,
    classes: neighbour.classes,
    price: charge.kind === "price" ? charge.prices : undefined,
    resells_via: charge.kind === "resale" ? charge.via : undefined,
    fee: charge.kind === "resale" ? charge.fee : undefined,
    max_price: neighbour.maxPrice,
    credit_limit: neighbour.creditLimit,
    deposit_in: neighbour.depositIn,
    deposit_out: neighbour.depositOut,
    spending_limit: neighbour.spendingLimit,
  };
}

function routeValues(route: RouteConfig): Values<typeof routeOptions> {
  return { prefix: route.prefix, via: route.via, class: route.class };
}
