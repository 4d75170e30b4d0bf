import { uciQuoted } from "./config-text.ts";
import type { Token } from "./form.ts";
import {
  fallbackText,
  mainOptions,
  neighbourOptions,
  type Options,
  routeOptions,
} from "./options.ts";

/** Values for the options that have no default, for an imaginary neighbour. */
const examples: Readonly<Record<string, string>> = {
  journal_archive: "/mnt/stick/journal",
  keys_passphrase: "/mnt/stick/passphrase",
  status_token_file: "/etc/meshtoll/status-password",
  status_name: "router.lan",
  discovery_interface: "wlan0",
  discovery_delivery: "client",
  discovery_price: "0.05/GB",
  discovery_max_price: "0.10/GB",
  name: "anna",
  id: `02${"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"}`,
  tunnel_key: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
  listen_port: "51820",
  endpoint: "anna.example.net:51820",
  price: "0.05/GB",
  resells_via: "berta",
  fee: "0.01/GB",
  delivery: "client",
  tariff: "0.02/GB",
  delivery_rate: "10Mbit",
  exit_route: "0.0.0.0/0",
  discovery_tariff: "0.02/GB",
  max_price: "0.10/GB",
  credit_limit: "0.02 TOKEN",
  credit_ceiling: "1 TOKEN",
  spending_limit: "25 TOKEN",
  grains_per_unit: "1000000000000",
  served: "192.168.1.10/32",
  free_pool: "2Mbit",
  notice_listen: "off",
  metered: "wwan0",
  bid_most: "0.02/GB",
  policy_file: "/etc/meshtoll/policy",
  organiser: `02${"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"}`,
  link_rate_least: "5Mbit",
  lan: "br-lan 50Mbit",
  clients: "wg-clients 20Mbit",
  rpc: "https://rpc.example.net",
  announce: "10.7.1.0/24",
  route_max_price: "0.10/GB",
  market_usual_price: "0.05/GB",
  market_floor: "0.01/GB",
  market_ceiling: "0.08/GB",
  prefix: "10.7.0.0/16",
  via: "anna",
};

/** What a neighbour that nobody looks for needs. */
const usual: ReadonlySet<string> = new Set(["tunnel_key", "listen_port"]);

const token: Token = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n };

/**
 * An example in UCI form: every option with what it is for and its default, commented out where
 * leaving it away means the same. It is accepted as it stands.
 */
export const exampleConfig: string = [
  "# Configuration of meshtoll. Amounts are exact: 0.05/GB is a price in tokens for a gigabyte,",
  "# 0.01 USDC an amount of money, 200MB a number of bytes, 20Mbit a rate. Plain digits are grains",
  "# a byte, grains (token units for deposits), bytes and bits a second.",
  "",
  "# This node.",
  ...section("config meshtoll 'main'", mainOptions),
  "# One section for each neighbour.",
  ...section("config neighbour", neighbourOptions),
  "# One section for each destination that takes a tunnel.",
  ...section("config route", routeOptions),
].join("\n");

function section(head: string, options: Options): readonly string[] {
  const lines = Object.entries(options).flatMap(([key, option]) => {
    const value =
      fallbackText(option, token) ?? examples[key]?.replace("TOKEN", token.symbol) ?? "";
    const word = option.many === undefined ? "option" : "list";
    const needed = option.fallback.kind === "required" || usual.has(key);
    const without =
      option.fallback.kind === "none" ? [`\t# Not given: ${option.fallback.meaning}.`] : [];
    return [
      ...wrapped(option.about).map((line) => `\t# ${line}`),
      ...without,
      `\t${needed ? "" : "# "}${word} ${key} ${uciQuoted(value)}`,
      "",
    ];
  });
  return [head, ...lines];
}

/** Lines of at most 90 characters. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= 90) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
