import type { Terms } from "#core/account/terms.ts";
import { noMoney } from "#core/units/money.ts";
import { type Price, price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { bytePrice } from "./amount-forms.ts";
import type {
  Charge,
  Config,
  DeliveryConfig,
  DiscoveryConfig,
  NeighbourConfig,
  PolicyConfig,
  SettlementConfig,
} from "./config.ts";
import { crossChecks } from "./cross-checks.ts";
import { type ConfigDocument, neighbourLimit, routeLimit, type Section } from "./document.ts";
import type { Token } from "./form.ts";
import { readJson } from "./json-reader.ts";
import { marketOf } from "./market-config.ts";
import { mainOptions, neighbourOptions, routeOptions } from "./options.ts";
import type { Problem } from "./problem.ts";
import { routingOf } from "./routing-config.ts";
import { readSection, type Values } from "./section-reader.ts";
import { readUci } from "./uci-reader.ts";

/** A configuration, or everything that is wrong with it. */
export type ConfigReading =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What we charge where nothing is said, in tokens for a gigabyte. */
export const defaultPrice = "0.05/GB";

/**
 * Understands a configuration in either form: JSON if it begins with a brace, else UCI. Never
 * throws; lists every problem it can see at once.
 */
export function readConfigText(text: string): ConfigReading {
  const reading = text.trimStart().startsWith("{") ? readJson(text) : readUci(text);
  return reading.ok ? understand(reading.document) : reading;
}

function understand(document: ConfigDocument): ConfigReading {
  const problems: Problem[] = [...tooMany(document)];
  if (problems.length > 0) return { ok: false, problems };
  const token = tokenOf(document.main);
  const main = readSection(document.main, mainOptions, token, problems);
  const neighbours = document.neighbours.map((section) =>
    neighbourOf(section, main, token, problems),
  );
  const routes = document.routes.map((section) =>
    readSection(section, routeOptions, token, problems),
  );
  const discovery =
    main === undefined ? undefined : discoveryOf(document.main, main, token, problems);
  if (main === undefined || discovery === undefined || problems.length > 0) {
    return { ok: false, problems };
  }
  const config: Config = {
    ...nodeOf(main, token),
    discovery,
    neighbours: neighbours.filter((neighbour) => neighbour !== undefined),
    routes: routes
      .filter((route) => route !== undefined)
      .map((route) => ({ ...route, class: priceClass(route.class) })),
  };
  const findings = crossChecks(config);
  if (findings.length === 0) return { ok: true, config };
  return {
    ok: false,
    problems: findings.map((finding) => ({ ...finding, line: lineOf(document, finding.path) })),
  };
}

function tooMany({ neighbours, routes }: ConfigDocument): readonly Problem[] {
  const counted = [
    { path: "neighbours", count: neighbours.length, limit: neighbourLimit },
    { path: "routes", count: routes.length, limit: routeLimit },
  ];
  return counted
    .filter(({ count, limit }) => count > limit)
    .map(({ path, count, limit }) => ({
      path,
      line: undefined,
      found: String(count),
      allowed: `at most ${limit}`,
    }));
}

/**
 * The token, on which the meaning of every amount rests, before anything else is read. Where its
 * options are wrong the defaults stand in, so that the other problems are found too.
 */
function tokenOf(main: Section): Token {
  const read = <A>(key: keyof typeof mainOptions & string, fallback: A): A => {
    const entry = main.entries.get(key)?.value;
    const result = mainOptions[key].form.read(typeof entry === "string" ? entry : "", noToken);
    return result.ok ? (result.value as A) : fallback;
  };
  const decimals = read("token_decimals", 6);
  const grainsPerUnit = read("grains_per_unit", 10n ** BigInt(Math.max(0, 18 - decimals)));
  return { symbol: read("token_symbol", "USDC"), decimals, grainsPerUnit };
}

const noToken: Token = { symbol: "", decimals: 0, grainsPerUnit: 1n };

type Main = Values<typeof mainOptions>;

function termsOf(main: Main): Terms {
  const { credit_growth: share, credit_ceiling: ceiling } = main;
  const tolerance = { share: main.loss_share, bytes: main.loss_bytes };
  const terms = {
    payThreshold: main.pay_threshold,
    creditLimit: main.credit_limit,
    reservation: main.reservation,
    readChunk: main.read_chunk,
    priceCap: main.price_cap,
    allowance: main.allowance,
    tolerance,
  };
  return share === 0n ? terms : { ...terms, growth: { share, ceiling: ceiling ?? noMoney } };
}

function nodeOf(main: Main, token: Token): Omit<Config, "neighbours" | "routes" | "discovery"> {
  return {
    journal: {
      directory: main.journal,
      limit: main.journal_limit,
      archive: main.journal_archive,
      snapshotEvery: main.snapshot_every,
    },
    history: { on: main.history, days: main.history_days, limit: main.history_limit },
    keysFile: main.keys,
    passphraseFile: main.keys_passphrase,
    interfacePrefix: main.interface_prefix,
    controlPort: main.control_port,
    token,
    settlement: settlementOf(main),
    terms: termsOf(main),
    roundTrip: main.round_trip,
    routing: routingOf(main),
    market: marketOf(main),
    rates: {
      free: main.free_rate,
      link: main.link_rate,
      leastLink: main.link_rate_least,
      control: main.control_rate,
    },
    edges: { lan: main.lan ?? [], clients: main.clients ?? [] },
    exits: { routes: main.exit_route ?? [], loss: main.exit_loss },
    ownBid: main.own_bid,
    bidFloor: main.bid_floor,
    mostBid: main.bid_most,
    policy: {
      organiser: main.organiser,
      mode: main.policy as PolicyConfig["mode"],
      file: main.policy_file,
      freeRate: { least: main.policy_free_least, most: main.policy_free_most },
    },
    metered: main.metered ?? [],
    freePool: main.free_pool,
    leak: { bytes: main.free_bytes, share: main.free_share },
    lowBalance: main.low_balance,
    noticeListen: (main.notice_listen ?? []).filter((one) => one !== "off"),
    junk: {
      share: main.junk_share,
      stopBuying: main.junk_bytes,
      freeTier: main.junk_free_bytes,
    },
    served: main.served ?? [],
    pokeInterval: main.poke_interval,
    status: {
      listen: main.status_listen,
      tokenFile: main.status_token_file,
      names: main.status_name ?? [],
    },
    logLevel: main.log_level,
  };
}

/** The price for strangers is needed only where there can be any. */
function discoveryOf(
  section: Section,
  main: Main,
  token: Token,
  problems: Problem[],
): DiscoveryConfig | undefined {
  const interfaces = main.discovery_interface ?? [];
  const fallback = bytePrice.read(defaultPrice, token);
  const found = main.discovery_price ?? (fallback.ok ? fallback.value : undefined);
  if (found === undefined && interfaces.length > 0) {
    const allowed = `a price: the default ${defaultPrice} is not exact with this token`;
    const { line } = section;
    problems.push({ path: "discovery_price", line, found: "nothing", allowed });
    return undefined;
  }
  return {
    interfaces,
    policy: main.discovery_policy as DiscoveryConfig["policy"],
    port: main.discovery_port,
    interval: main.discovery_interval,
    limit: main.discovery_limit,
    listenPort: main.discovery_listen_port,
    classes: main.discovery_classes,
    price: found ?? main.price_cap,
    maxPrice: main.discovery_max_price ?? main.price_cap,
    creditLimit: main.discovery_credit,
    deposit: main.discovery_deposit,
    delivery: strangerDelivery(main, found ?? main.price_cap),
    open: {
      price: main.discovery_price === undefined ? found : undefined,
      delivery: main.discovery_delivery === undefined,
    },
  };
}

/** A stranger's delivery is carried by class 1, which everybody has. */
function strangerDelivery(
  { discovery_delivery: role, discovery_tariff: tariff }: Main,
  asCarrier: Price,
): DeliveryConfig | undefined {
  if (role === undefined || role === "none") return undefined;
  return {
    role: role === "exit" ? "exit" : "client",
    carrier: priceClass(1),
    tariff: tariff ?? asCarrier,
    ...(tariff === undefined ? { open: true } : {}),
    rate: undefined,
  };
}

function settlementOf(main: Main): SettlementConfig {
  return {
    chainId: main.chain_id,
    contract: main.contract,
    endpoints: main.rpc ?? [],
    token: main.token_address,
    notice: main.channel_notice,
    finality: main.finality === "finalized" ? "finalized" : Number(main.finality),
    fromBlock: main.contract_block,
    feeCap: main.fee_cap,
    interval: main.chain_interval,
    topUpBelow: main.top_up_below,
    mostHeld: main.hold_at_most,
    registerAbove: main.register_above,
  };
}

function neighbourOf(
  section: Section,
  main: Main | undefined,
  token: Token,
  problems: Problem[],
): NeighbourConfig | undefined {
  const values = readSection(section, neighbourOptions, token, problems);
  if (values === undefined) return undefined;
  const charge = chargeOf(section, values, token, problems);
  if (charge === undefined || main === undefined) return undefined;
  return {
    name: values.name,
    id: values.id,
    tunnelKey: values.tunnel_key,
    endpoint: values.endpoint,
    listenPort: values.listen_port,
    classes: values.classes,
    charge,
    ...(charge.kind === "price" && values.price === undefined ? { openPrices: charge.prices } : {}),
    maxPrice: values.max_price ?? main.price_cap,
    creditLimit: values.credit_limit ?? main.credit_limit,
    depositIn: values.deposit_in,
    depositOut: values.deposit_out,
    spendingLimit: values.spending_limit,
    delivery: deliveryOf(values, charge),
    bid: { receive: values.receive_bid, send: values.send_bid },
    ourBid: { receive: values.our_receive_bid, send: values.our_send_bid },
  };
}

/** The tariff is the price of the carrier, unless told otherwise; resale has none to begin with. */
function deliveryOf(
  {
    delivery: role,
    delivery_class: carrier,
    tariff,
    delivery_rate: rate,
  }: Values<typeof neighbourOptions>,
  charge: Charge,
): DeliveryConfig | undefined {
  if (role === undefined) return undefined;
  const asCarrier = charge.kind === "price" ? charge.prices[carrier - 1] : undefined;
  return {
    role: role === "exit" ? "exit" : "client",
    carrier: priceClass(carrier),
    tariff: tariff ?? asCarrier ?? price(1n),
    ...(tariff === undefined ? { open: true } : {}),
    rate,
  };
}

/** Either prices of our own, or resale with a fee; never half of each. */
function chargeOf(
  section: Section,
  { price, resells_via: via, fee, classes }: Values<typeof neighbourOptions>,
  token: Token,
  problems: Problem[],
): Charge | undefined {
  const complain = (key: string, found: string, allowed: string): undefined => {
    const line = section.entries.get(key)?.line ?? section.line;
    problems.push({ path: `${section.path}.${key}`, line, found, allowed });
    return undefined;
  };
  if (via !== undefined) {
    if (price === undefined) return { kind: "resale", via, fee: fee ?? 0n };
    return complain("price", "a price beside resells_via", "one of them; resale adds fee");
  }
  if (fee !== undefined) return complain("fee", "a fee without resells_via", "both, or a price");
  const given = price ?? [];
  const [only, second] = given;
  if (only !== undefined && second !== undefined) return { kind: "price", prices: given };
  const fallback = bytePrice.read(defaultPrice, token);
  const one = only ?? (fallback.ok ? fallback.value : undefined);
  if (one === undefined) {
    const allowed = `a price: the default ${defaultPrice} is not exact with this token`;
    return complain("price", "nothing", allowed);
  }
  return { kind: "price", prices: Array.from({ length: classes }, () => one) };
}

/** Where an option stands, or where its section begins. */
function lineOf({ main, neighbours, routes }: ConfigDocument, path: string): number | undefined {
  const match = /^(?:(neighbours|routes)\[(\d+)\]\.)?(\w+)/.exec(path);
  const index = Number(match?.[2]);
  const section =
    match?.[1] === undefined ? main : (match[1] === "routes" ? routes : neighbours)[index];
  return section?.entries.get(match?.[3] ?? "")?.line ?? section?.line;
}
