import { interfaceLimit } from "#adapters/discovery/discovery.ts";
import { neighbourLimit } from "#adapters/link/link.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { bytePrice, deposit, moneyAmount } from "./amount-forms.ts";
import { wholeNumber, word } from "./form.ts";
import type { Options } from "./options.ts";

/** What becomes of strangers: they are ignored, a person is asked, or they are neighbours. */
export const discoveryPolicies = ["off", "ask", "accept"] as const;

/** Options of the main section about finding neighbours. */
export const discoveryOptions = {
  discovery_interface: {
    form: word(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/, "the name of an interface"),
    fallback: { kind: "none", meaning: "nobody is looked for" },
    many: interfaceLimit,
    about:
      "Interfaces (cables, radio channels) on which neighbours are looked for, and no others. Neighbours below that have no tunnel_key are found there by their id.",
  },
  discovery_policy: {
    form: word(/^(?:off|ask|accept)$/, "off, ask or accept"),
    fallback: { kind: "text", text: "ask" },
    about:
      "What becomes of routers that are found and are no neighbours below: off ignores them, ask waits for `accept NODE`, accept makes them neighbours by itself.",
  },
  discovery_port: {
    form: wholeNumber(1, 65_535),
    fallback: { kind: "text", text: "8471" },
    about: "UDP port of discovery, on those interfaces. The same on every node.",
  },
  discovery_interval: {
    form: wholeNumber(1000, 3_600_000),
    fallback: { kind: "text", text: "10000" },
    about: "Milliseconds between calls for neighbours, once an interface has been up for a while.",
  },
  discovery_limit: {
    form: wholeNumber(0, neighbourLimit),
    fallback: { kind: "text", text: "16" },
    about: "How many strangers can be neighbours at a time.",
  },
  discovery_listen_port: {
    form: wholeNumber(1, 65_535 - 8),
    fallback: { kind: "text", text: "52000" },
    about:
      "The first UDP port for the tunnels of found neighbours; each takes the next 8 that are free.",
  },
  discovery_classes: {
    form: wholeNumber(1, priceClassLimit),
    fallback: { kind: "text", text: "1" },
    about:
      "How many paid classes there are with a stranger, at most: the smaller wish of both counts.",
  },
  discovery_price: {
    form: bytePrice,
    fallback: { kind: "none", meaning: "0.05/GB" },
    about: "What we charge a stranger for each byte it sends us.",
  },
  discovery_max_price: {
    form: bytePrice,
    fallback: { kind: "none", meaning: "price_cap" },
    about: "The dearest price of its own that we accept to pay a stranger.",
  },
  discovery_credit: {
    form: moneyAmount(0n),
    fallback: { kind: "text", text: "0" },
    about:
      "L for a stranger: what it may owe. 0 lets it use the free class only; anything else is what a new identity can take and not pay.",
  },
  discovery_deposit: {
    form: deposit,
    fallback: { kind: "text", text: "0" },
    about:
      "What we deposit for a stranger on a chain; without a chain, what both are said to have deposited.",
  },
  discovery_delivery: {
    form: word(/^(?:none|exit|client)$/, "none, exit or client"),
    fallback: { kind: "none", meaning: "none, but for exits that an accepted policy names" },
    about:
      "Open registration: as `exit` we deliver to whoever is found, for discovery_tariff, within discovery_credit; as `client` strangers are exits of ours.",
  },
  discovery_tariff: {
    form: bytePrice,
    fallback: { kind: "none", meaning: "discovery_price" },
    about: "As an exit of strangers: what they pay for each byte that we send to them.",
  },
} as const satisfies Options;
