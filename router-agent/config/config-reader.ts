import type { Terms } from "#core/account/terms.ts";
import { priceClass } from "#core/units/price-class.ts";
import { bytePrice } from "./amount-forms.ts";
import type { Charge, Config, NeighbourConfig, SettlementConfig } from "./config.ts";
import { crossChecks } from "./cross-checks.ts";
import { type ConfigDocument, neighbourLimit, routeLimit, type Section } from "./document.ts";
import type { Token } from "./form.ts";
import { readJson } from "./json-reader.ts";
import { mainOptions, neighbourOptions, routeOptions } from "./options.ts";
import type { Problem } from "./problem.ts";
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
  if (main === undefined || problems.length > 0) return { ok: false, problems };
  const config: Config = {
    ...nodeOf(main, token),
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
  return {
    payThreshold: main.pay_threshold,
    creditLimit: main.credit_limit,
    reservation: main.reservation,
    readChunk: main.read_chunk,
    priceCap: main.price_cap,
    allowance: main.allowance,
  };
}

function nodeOf(main: Main, token: Token): Omit<Config, "neighbours" | "routes"> {
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
    rates: { free: main.free_rate, link: main.link_rate, control: main.control_rate },
    pokeInterval: main.poke_interval,
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
    maxPrice: values.max_price ?? main.price_cap,
    creditLimit: values.credit_limit ?? main.credit_limit,
    depositIn: values.deposit_in,
    depositOut: values.deposit_out,
    spendingLimit: values.spending_limit,
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
