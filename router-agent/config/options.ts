import { leastLimit } from "#adapters/index/index-limits.ts";
import { endpointLimit } from "#adapters/settlement/chain/endpoint-limit.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import {
  bitRate,
  byteCount,
  byteFee,
  bytePrice,
  deposit,
  moneyAmount,
  share,
} from "./amount-forms.ts";
import { bidOptions, neighbourBidOptions } from "./bid-options.ts";
import { defenceOptions } from "./defence-options.ts";
import { deliveryOptions, neighbourDeliveryOptions } from "./delivery-options.ts";
import { discoveryOptions } from "./discovery-options.ts";
import { bigNumber, type Form, onOff, path, type Token, wholeNumber, word } from "./form.ts";
import { freeTierOptions } from "./free-tier-options.ts";
import { addressPrefix, endpoint, nodeName, publicKey, rpcUrl } from "./network-forms.ts";
import { policyOptions } from "./policy-options.ts";
import { queueOptions } from "./queue-options.ts";
import { routingOptions } from "./routing-options.ts";
import { statusOptions } from "./status-options.ts";
import { wishOptions } from "./wish-options.ts";

/** One option of the configuration: everything about it is here, once. */
export interface Option<A> {
  readonly form: Form<A>;
  /** What holds when it is not given; "required" and "none" speak for themselves. */
  readonly fallback:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "required" }
    | { readonly kind: "none"; readonly meaning: string };
  /** May be given up to so many times, as a list. */
  readonly many?: number;
  /** For the example and the documentation: what it is for, in one or two sentences. */
  readonly about: string;
}

/** The text that stands for an option not given; TOKEN in it is the token's symbol. */
export function fallbackText(option: Option<unknown>, token: Token): string | undefined {
  if (option.fallback.kind !== "text") return undefined;
  return option.fallback.text.replace("TOKEN", token.symbol);
}

/** Named options of one section. */
export type Options = Readonly<Record<string, Option<unknown>>>;

const kilobyte = 1000n;
const terabyte = 10n ** 12n;

function option<A>(form: Form<A>, fallback: string, about: string) {
  return { form, fallback: { kind: "text", text: fallback }, about } as const;
}

function required<A>(form: Form<A>, about: string) {
  return { form, fallback: { kind: "required" }, about } as const;
}

function optional<A>(form: Form<A>, meaning: string, about: string) {
  return { form, fallback: { kind: "none", meaning }, about } as const;
}

const chunk = byteCount(1500n, terabyte);
const rate = bitRate(8n * kilobyte, 10n ** 12n);
const neighbourName = word(/^[a-z0-9]{1,8}$/, "1 to 8 lower-case letters and digits");

/** The section about this node. */
export const mainOptions = {
  journal: option(
    path,
    "/var/lib/meshtoll/journal",
    "Directory of the journal: what the node owes, is owed and has promised. On storage that survives a reboot.",
  ),
  journal_limit: option(
    byteCount(262_144n, terabyte),
    "8MiB",
    "How large the journal may become. At three quarters it begins anew with what it comes down to: export it before, to keep the history.",
  ),
  journal_archive: optional(
    path,
    "history is removed",
    "Directory, best on another disk, where history is copied before it is removed from the journal.",
  ),
  history: option(
    onOff,
    "on",
    "Keep an index of usage, payments and leases beside the journal. Off saves flash and memory: what is asked is then read from the journal.",
  ),
  history_limit: option(
    byteCount(leastLimit, terabyte),
    "4MiB",
    "How large the index may become; beyond it the oldest hours go.",
  ),
  history_days: option(wholeNumber(1, 36_500), "400", "How many days the index keeps."),
  snapshot_every: option(
    wholeNumber(16, 10_000_000),
    "1024",
    "Events after which a snapshot is kept, so that starting stays quick.",
  ),
  keys: option(
    path,
    "/var/lib/meshtoll/keys",
    "File of the node's secrets. Made on the first run, readable by its owner only.",
  ),
  keys_passphrase: optional(
    path,
    "keys are not sealed",
    "File with the passphrase that the keys are sealed with, in its first line; readable by its owner only, best on another disk.",
  ),
  interface_prefix: option(
    word(/^[a-z][a-z0-9]{0,5}$/, "a lower-case letter and up to 5 more letters or digits"),
    "toll",
    "The agent owns the interfaces whose names begin so, and touches no others.",
  ),
  control_port: option(
    wholeNumber(1, 65535),
    "8469",
    "UDP port of the messages between agents, inside the tunnels. The same on every node.",
  ),
  token_symbol: option(
    word(/^[A-Za-z][A-Za-z0-9]{0,10}$/, "a letter and up to 10 letters or digits"),
    "USDC",
    "What the token is called in the amounts below.",
  ),
  token_decimals: option(wholeNumber(0, 36), "6", "How many decimals one token has."),
  grains_per_unit: optional(
    bigNumber(1n, 10n ** 36n),
    "10^(18 - token_decimals), at least 1",
    "How many grains the token's smallest unit has. Both ends of a channel must agree.",
  ),
  chain_id: option(
    bigNumber(0n, (1n << 64n) - 1n),
    "0",
    "The chain on which channels lie; 0 is none: deposits are what the configuration says.",
  ),
  contract: option(
    word(/^[0-9a-f]{40}$/, "40 lower-case hexadecimal digits"),
    "00".repeat(20),
    "Address of the channel contract.",
  ),
  rpc: {
    ...optional(
      rpcUrl,
      "no chain is asked: channels are what the configuration says",
      "Where nodes of the chain answer JSON-RPC: http://, https:// or unix:/path. More than half must agree before anything is believed: give three.",
    ),
    many: endpointLimit,
  },
  token_address: option(
    word(/^[0-9a-f]{40}$/, "40 lower-case hexadecimal digits"),
    "00".repeat(20),
    "Address of the token on the chain; zeros are the chain's own coin. The same at both ends.",
  ),
  channel_notice: option(
    bigNumber(1n, 2_592_000n),
    "86400",
    "Seconds between the begin of a close and its end: how long this router may be off without losing money. The same at both ends.",
  ),
  finality: option(
    word(/^(?:finalized|[1-9][0-9]{0,4})$/, "finalized, or a number of blocks"),
    "finalized",
    "When a block is believed to stay: the chain's own word, or so many blocks on top of it.",
  ),
  contract_block: option(
    bigNumber(0n, 10n ** 15n),
    "0",
    "The block in which the contract was deployed, or one before: closes are looked for from there on.",
  ),
  fee_cap: option(
    bigNumber(1n, 10n ** 18n),
    "100000000000",
    "What a unit of gas may cost at most, in the chain's smallest unit.",
  ),
  chain_interval: option(
    wholeNumber(50, 3_600_000),
    "12000",
    "Milliseconds after which the chain is looked at again.",
  ),
  top_up_below: option(
    deposit,
    "0",
    "A channel is topped up to deposit_out when less than this is left in it. 0 is never.",
  ),
  hold_at_most: option(
    deposit,
    "0",
    "What lies in a channel for us beyond this is asked back from the neighbour. 0 is no limit.",
  ),
  register_above: option(
    deposit,
    "0",
    "The contract is told a neighbour's voucher when it lacks more than this. 0 is only when the channel closes.",
  ),
  pay_threshold: option(
    moneyAmount(1n),
    "0.001 TOKEN",
    "T: pay when so much is owed. Smaller means more vouchers.",
  ),
  credit_limit: option(
    moneyAmount(0n),
    "0.01 TOKEN",
    "L: how far a neighbour may be in debt before its traffic rides the free class.",
  ),
  credit_growth: option(
    share,
    "0%",
    "kappa: how much further, for all that it ever paid. Never for waiting: a new name begins with credit_limit.",
  ),
  credit_ceiling: optional(
    moneyAmount(0n),
    "credit does not grow",
    "Where that ends. Whoever pays honestly for years can take this much and leave.",
  ),
  ...deliveryOptions,
  reservation: option(
    chunk,
    "200MB",
    "c: bytes reserved at a time. One write to flash for each; a reboot costs at most the price of one.",
  ),
  read_chunk: option(
    chunk,
    "64MB",
    "U: the counters of a neighbour that pays us are journaled at least this often.",
  ),
  price_cap: option(
    bytePrice,
    "0.10/GB",
    "P: no byte is bought or sold above this. All printed bounds are computed with it.",
  ),
  ...routingOptions,
  ...wishOptions,
  round_trip: option(
    chunk,
    "8MB",
    "D: bytes that can pass while a message goes there and back: link rate x round-trip time.",
  ),
  allowance: option(
    byteCount(0n, terabyte),
    "256kB",
    "Bytes that a tunnel sends beside paid traffic before they are held against anyone.",
  ),
  free_rate: option(rate, "1Mbit", "What a neighbour gets in the free class."),
  link_rate: option(
    rate,
    "20Mbit",
    "What the link to a neighbour carries; queues are kept below it.",
  ),
  link_rate_least: optional(
    rate,
    "link_rate does not change",
    "Between this and link_rate the rate follows the measured delay: down where packets wait beyond us, up while nothing does.",
  ),
  control_rate: option(
    rate,
    "64kbit",
    "Kept free for messages between agents, so that a debtor can always pay.",
  ),
  ...queueOptions,
  ...bidOptions,
  ...defenceOptions,
  ...freeTierOptions,
  ...policyOptions,
  poke_interval: option(
    wholeNumber(10, 3_600_000),
    "1000",
    "Milliseconds after which the agent looks again. No bill depends on it.",
  ),
  ...statusOptions,
  ...discoveryOptions,
} as const satisfies Options;

/** The section about one neighbour. */
export const neighbourOptions = {
  name: required(neighbourName, "A short name; part of the interfaces' names."),
  id: required(nodeName, "The neighbour's node id, as its agent prints it."),
  tunnel_key: optional(
    publicKey,
    "found on a discovery_interface, by the id",
    "The neighbour's WireGuard public key, as its agent prints it.",
  ),
  listen_port: optional(
    wholeNumber(1, 65535),
    "chosen, and told to the neighbour by discovery",
    "Our UDP port for its class 0; class k uses listen_port + k.",
  ),
  endpoint: optional(
    endpoint,
    "wait for the neighbour to call",
    "Where the neighbour listens: host and the port of its class 0.",
  ),
  classes: option(
    wholeNumber(1, priceClassLimit),
    "1",
    "How many paid classes there are with this neighbour.",
  ),
  price: {
    ...optional(
      bytePrice,
      "0.05/GB, unless resells_via is given",
      "What we charge it for each byte it sends us: one price for all classes, or one for each.",
    ),
    many: priceClassLimit,
  },
  resells_via: optional(
    neighbourName,
    "no resale",
    "Charge what this other neighbour charges us, plus the fee.",
  ),
  fee: optional(
    byteFee,
    "0 with resells_via",
    "What we add to the price of the neighbour we resell from.",
  ),
  max_price: optional(
    bytePrice,
    "price_cap",
    "The dearest price of its own that we accept to pay it.",
  ),
  credit_limit: optional(moneyAmount(0n), "the node's credit_limit", "L for this neighbour alone."),
  deposit_in: option(deposit, "0", "What it has deposited for us, where no chain says so."),
  deposit_out: option(
    deposit,
    "0",
    "What we deposit for it. Without a chain: what we are said to have deposited.",
  ),
  spending_limit: optional(moneyAmount(0n), "no limit", "What we sign to it in all, at most."),
  ...neighbourDeliveryOptions,
  ...neighbourBidOptions,
} as const satisfies Options;

/** The section about one route. */
export const routeOptions = {
  prefix: required(
    addressPrefix,
    "Destination addresses, such as 10.7.0.0/16, fd00:7::/32 or 0.0.0.0/0.",
  ),
  via: required(neighbourName, "The neighbour that forwards them."),
  class: option(
    wholeNumber(0, priceClassLimit),
    "1",
    "The class, and so the tunnel, that they take.",
  ),
} as const satisfies Options;
