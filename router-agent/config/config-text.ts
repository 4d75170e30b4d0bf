import type { Config, NeighbourConfig, RouteConfig } from "./config.ts";
import type { discoveryOptions } from "./discovery-options.ts";
import type { Token } from "./form.ts";
import { marketValues } from "./market-config.ts";
import { mainOptions, neighbourOptions, type Options, routeOptions } from "./options.ts";
import { routingValues } from "./routing-config.ts";
import type { Values } from "./section-reader.ts";

/** The two forms in which a configuration is written. They say the same. */
export type ConfigForm = "uci" | "json";

/**
 * A configuration as text, with every default spelt out but those that an accepted policy may replace.
 * Reading it gives an equal configuration.
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

function rateValues({ free, link, leastLink, control }: Config["rates"]) {
  return { free_rate: free, link_rate: link, link_rate_least: leastLink, control_rate: control };
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
    loss_share: terms.tolerance?.share ?? 0n,
    loss_bytes: terms.tolerance?.bytes ?? 0n,
    exit_route: config.exits.routes.length === 0 ? undefined : config.exits.routes,
    exit_loss: config.exits.loss,
    credit_growth: terms.growth?.share ?? 0n,
    credit_ceiling: terms.growth?.ceiling,
    reservation: terms.reservation,
    read_chunk: terms.readChunk,
    price_cap: terms.priceCap,
    round_trip: config.roundTrip,
    ...routingValues(config.routing),
    ...marketValues(config.market),
    allowance: terms.allowance,
    ...rateValues(config.rates),
    lan: config.edges.lan.length === 0 ? undefined : config.edges.lan,
    clients: config.edges.clients.length === 0 ? undefined : config.edges.clients,
    own_bid: config.ownBid,
    bid_floor: config.bidFloor,
    bid_most: config.mostBid,
    organiser: config.policy.organiser,
    policy: config.policy.mode,
    policy_file: config.policy.file,
    policy_free_least: config.policy.freeRate.least,
    policy_free_most: config.policy.freeRate.most,
    free_pool: config.freePool,
    metered: config.metered.length === 0 ? undefined : config.metered,
    free_bytes: config.leak.bytes,
    free_share: config.leak.share,
    low_balance: config.lowBalance,
    notice_listen: config.noticeListen.length === 0 ? undefined : config.noticeListen,
    junk_share: config.junk.share,
    junk_bytes: config.junk.stopBuying,
    junk_free_bytes: config.junk.freeTier,
    served: config.served.length === 0 ? undefined : config.served,
    poke_interval: config.pokeInterval,
    status_listen: config.status.listen,
    status_token_file: config.status.tokenFile,
    status_name: config.status.names.length === 0 ? undefined : config.status.names,
    log_level: config.logLevel,
    ...discoveryValues(config),
  };
}

function discoveryValues({ discovery }: Config): Values<typeof discoveryOptions> {
  const { interfaces, open } = discovery;
  return {
    discovery_interface: interfaces.length === 0 ? undefined : interfaces,
    discovery_policy: discovery.policy,
    discovery_port: discovery.port,
    discovery_interval: discovery.interval,
    discovery_limit: discovery.limit,
    discovery_listen_port: discovery.listenPort,
    discovery_classes: discovery.classes,
    discovery_price: open.price === undefined ? discovery.price : undefined,
    discovery_max_price: discovery.maxPrice,
    discovery_credit: discovery.creditLimit,
    discovery_deposit: discovery.deposit,
    discovery_delivery: open.delivery ? undefined : (discovery.delivery?.role ?? "none"),
    discovery_tariff: discovery.delivery?.open ? undefined : discovery.delivery?.tariff,
  };
}

function neighbourValues(neighbour: NeighbourConfig): Values<typeof neighbourOptions> {
  const { charge, openPrices, delivery } = neighbour;
  return {
    name: neighbour.name,
    id: neighbour.id,
    tunnel_key: neighbour.tunnelKey,
    listen_port: neighbour.listenPort,
    endpoint: neighbour.endpoint,
    classes: neighbour.classes,
    price: charge.kind === "price" && openPrices === undefined ? charge.prices : undefined,
    resells_via: charge.kind === "resale" ? charge.via : undefined,
    fee: charge.kind === "resale" ? charge.fee : undefined,
    max_price: neighbour.maxPrice,
    credit_limit: neighbour.creditLimit,
    deposit_in: neighbour.depositIn,
    deposit_out: neighbour.depositOut,
    spending_limit: neighbour.spendingLimit,
    delivery: neighbour.delivery?.role,
    delivery_class: neighbour.delivery?.carrier ?? 1,
    tariff: delivery?.open ? undefined : delivery?.tariff,
    delivery_rate: neighbour.delivery?.rate,
    send_bid: neighbour.bid.send,
    receive_bid: neighbour.bid.receive,
    our_send_bid: neighbour.ourBid.send,
    our_receive_bid: neighbour.ourBid.receive,
  };
}

function routeValues(route: RouteConfig): Values<typeof routeOptions> {
  return { prefix: route.prefix, via: route.via, class: route.class };
}
