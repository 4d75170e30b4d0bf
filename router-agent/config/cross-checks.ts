import { backlog } from "#adapters/queueing/nft-table.ts";
import { leavesOfEach } from "#agent/agent/pair-plans.ts";
import { unacknowledgedLimit } from "#core/account/payee-account.ts";
import { money } from "#core/units/money.ts";
import { priceClassLimit } from "#core/units/price-class.ts";
import { moneyAmount } from "./amount-forms.ts";
import { bidChecks } from "./bid-checks.ts";
import { smallestCreditLimit } from "./bounds.ts";
import type { Config, NeighbourConfig } from "./config.ts";
import { defenceChecks } from "./defence-checks.ts";
import { discoveryChecks } from "./discovery-checks.ts";
import type { Finding } from "./finding.ts";
import { freeTierChecks } from "./free-tier-checks.ts";
import { marketChecks } from "./market-config.ts";
import { policyChecks } from "./policy-checks.ts";
import { didYouMean, shown } from "./problem.ts";
import { isLoopback } from "./status-options.ts";

/** What is wrong between options that are each fine by themselves. */
export function crossChecks(config: Config): readonly Finding[] {
  return [
    ...duplicates(config),
    ...ports(config),
    ...prices(config),
    ...stalls(config),
    ...growth(config),
    ...deliveries(config),
    ...exitRoutes(config),
    ...reservations(config),
    ...thresholds(config),
    ...resales(config),
    ...routes(config),
    ...rates(config),
    ...defenceChecks(config),
    ...bidChecks(config),
    ...freeTierChecks(config),
    ...policyChecks(config),
    ...settlement(config),
    ...statusPage(config),
    ...marketChecks(config),
    ...discoveryChecks(config),
  ];
}

function duplicates({ neighbours, routes }: Config): readonly Finding[] {
  return [
    ...repeated(
      neighbours.map(({ name }) => name),
      (i) => `neighbours[${i}].name`,
    ),
    ...repeated(
      neighbours.map(({ id }) => id),
      (i) => `neighbours[${i}].id`,
    ),
    ...repeated(
      neighbours.map(({ tunnelKey }) => tunnelKey),
      (i) => `neighbours[${i}].tunnel_key`,
    ),
    ...repeated(
      routes.map(({ prefix }) => prefix),
      (i) => `routes[${i}].prefix`,
    ),
  ];
}

function repeated(
  values: readonly (string | undefined)[],
  path: (index: number) => string,
): readonly Finding[] {
  const first = new Map<string, number>();
  return values.flatMap((value, index) => {
    if (value === undefined) return [];
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, index);
      return [];
    }
    return [{ path: path(index), found: shown(value), allowed: `it once; ${path(before)} has it` }];
  });
}

/** Each class of each neighbour has a port of its own, and the control port is none of them. */
function ports({ neighbours, controlPort, discovery }: Config): readonly Finding[] {
  const owners = new Map<number, string>([[controlPort, "control_port"]]);
  if (discovery.interfaces.length > 0) owners.set(discovery.port, "discovery_port");
  return neighbours.flatMap(({ listenPort, classes, endpoint }, index) => {
    const path = `neighbours[${index}].listen_port`;
    const findings: Finding[] = [];
    const last = 65535 - classes;
    if (listenPort !== undefined && listenPort > last) {
      findings.push({
        path,
        found: String(listenPort),
        allowed: `at most ${last}: class ${classes} is ${classes} above`,
      });
    }
    if (endpoint !== undefined && endpoint.port > last) {
      const allowed = `a port of at most ${last}: class ${classes} is ${classes} above`;
      findings.push({
        path: `neighbours[${index}].endpoint`,
        found: String(endpoint.port),
        allowed,
      });
    }
    if (listenPort === undefined) return findings;
    for (let port = listenPort; port <= listenPort + classes; port++) {
      const owner = owners.get(port);
      if (owner === undefined) owners.set(port, path);
      else if (owner !== path) {
        const found = `${listenPort} to ${listenPort + classes}`;
        findings.push({ path, found, allowed: `free ports; ${port} is that of ${owner}` });
        break;
      }
    }
    return findings;
  });
}

/** No price above the cap, on which every bound rests (T2), and one price for each class. */
function prices({ neighbours, terms: { priceCap } }: Config): readonly Finding[] {
  const capped = `at most price_cap, ${priceCap} grains a byte`;
  return neighbours.flatMap(({ charge, classes, maxPrice }, index) => {
    const findings: Finding[] = [];
    const at = (option: string) => `neighbours[${index}].${option}`;
    if (maxPrice > priceCap) {
      findings.push({ path: at("max_price"), found: `${maxPrice}`, allowed: capped });
    }
    if (charge.kind === "resale") {
      if (charge.fee < priceCap) return findings;
      return [
        ...findings,
        {
          path: at("fee"),
          found: `${charge.fee}`,
          allowed: `below price_cap, ${priceCap} grains a byte`,
        },
      ];
    }
    if (charge.prices.length !== classes) {
      const allowed = `one price, or one for each of the ${classes} classes`;
      findings.push({ path: at("price"), found: `${charge.prices.length} prices`, allowed });
    }
    charge.prices.forEach((price, i) => {
      if (price > priceCap) {
        findings.push({ path: `${at("price")}[${i}]`, found: `${price}`, allowed: capped });
      }
    });
    return findings;
  });
}

/** T14: a credit limit that is too small stalls an honest payer. */
function stalls({ terms, roundTrip, neighbours, token }: Config): readonly Finding[] {
  const smallest = smallestCreditLimit(terms, roundTrip);
  const { payThreshold: T, priceCap: P, readChunk: U } = terms;
  const formula = `T - 1 + P(U + D + 1) = ${T} - 1 + ${P} x (${U} + ${roundTrip} + 1)`;
  const inTokens = moneyAmount(0n).write(smallest, token);
  const allowed = `at least ${smallest} grains (${inTokens}) = ${formula}`;
  const limits = [
    { path: "credit_limit", limit: terms.creditLimit },
    ...neighbours.flatMap(({ creditLimit }, index) =>
      creditLimit === terms.creditLimit
        ? []
        : [{ path: `neighbours[${index}].credit_limit`, limit: creditLimit }],
    ),
  ];
  return limits
    .filter(({ limit }) => limit < smallest)
    .map(({ path, limit }) => ({ path, found: `${limit} grains`, allowed }));
}

/** A delivery account is one class more, carried by one of those that have tunnels. */
function deliveries({
  neighbours,
  terms,
  rates: { free, link, control },
}: Config): readonly Finding[] {
  return neighbours.flatMap(({ delivery, classes, charge }, index): readonly Finding[] => {
    if (delivery === undefined) return [];
    const at = (key: string) => `neighbours[${index}].${key}`;
    const findings: Finding[] = [];
    if (delivery.carrier > classes) {
      const found = `${delivery.carrier}`;
      findings.push({ path: at("delivery_class"), found, allowed: `1 to classes, ${classes}` });
    }
    if (classes >= priceClassLimit) {
      const allowed = `at most ${priceClassLimit - 1} with delivery`;
      findings.push({ path: at("classes"), found: `${classes}`, allowed });
    }
    if (delivery.role === "exit" && delivery.tariff > terms.priceCap) {
      const allowed = `at most the price cap, ${terms.priceCap} grains a byte`;
      findings.push({ path: at("tariff"), found: `${delivery.tariff} grains a byte`, allowed });
    }
    const { rate } = delivery;
    if (rate !== undefined && (rate > link || rate < free + control)) {
      const allowed = `free_rate and control_rate together, ${free + control}, to link_rate, ${link} bits a second`;
      findings.push({ path: at("delivery_rate"), found: `${rate} bits a second`, allowed });
    }
    if (delivery.role === "exit" && charge.kind === "resale") {
      findings.push({
        path: at("resells_via"),
        found: "resale to a client that we are the exit of",
        allowed: "a price: an exit forwards what the client uploads for a price of its own",
      });
    }
    return findings;
  });
}

/** A destination takes one way: a route's or an exit's, and an exit there must be. */
function exitRoutes(config: Config): readonly Finding[] {
  const { exits, routes, neighbours, discovery, policy } = config;
  // Whom an accepted policy names comes later, where nothing is written of strangers.
  const byPolicy =
    policy.organiser !== undefined && discovery.interfaces.length > 0 && discovery.open.delivery;
  const hasExit =
    byPolicy ||
    discovery.delivery?.role === "client" ||
    neighbours.some(({ delivery }) => delivery?.role === "client");
  return exits.routes.flatMap((prefix, index): readonly Finding[] => {
    const path = `exit_route[${index}]`;
    const found = shown(prefix);
    if (!hasExit) return [{ path, found, allowed: "it where a neighbour has delivery `client`" }];
    const route = routes.findIndex((one) => one.prefix === prefix);
    if (route >= 0) return [{ path, found, allowed: `it once; routes[${route}] has it` }];
    if (exits.routes.indexOf(prefix) === index) return [];
    return [{ path, found, allowed: "it once" }];
  });
}

/** T24: credit that grows has an end, above where it begins. */
function growth({ terms, neighbours, token }: Config): readonly Finding[] {
  if (terms.growth === undefined) return [];
  const limits = [terms.creditLimit, ...neighbours.map(({ creditLimit }) => creditLimit)];
  const largest = limits.reduce((most, limit) => (limit > most ? limit : most));
  const { ceiling } = terms.growth;
  if (ceiling >= largest) return [];
  const found = ceiling === 0n ? "nothing" : `${ceiling} grains`;
  const inTokens = moneyAmount(0n).write(largest, token);
  const allowed = `at least the largest credit_limit, ${largest} grains (${inTokens}), where credit_growth is not 0%`;
  return [{ path: "credit_ceiling", found, allowed }];
}

/**
 * The kernel stops short of what is reserved by what may wait in queues, and the next chunk is
 * reserved when half of this one is used: with less than this it would stop for good.
 */
function reservations(config: Config): readonly Finding[] {
  const { terms, rates } = config;
  const { link } = rates;
  const least = 2n * backlog(link, leavesOfEach(config));
  if (terms.reservation >= least) return [];
  const allowed = `at least ${least} bytes, twice what may wait in the queues of a link of ${link} bits a second`;
  return [{ path: "reservation", found: `${terms.reservation} bytes`, allowed }];
}

/**
 * At most {@link unacknowledgedLimit} leases wait for an acknowledgement, one for each payment:
 * where more payments fall due in one round trip, the link waits for the next lease.
 */
function thresholds({ terms, roundTrip, token }: Config): readonly Finding[] {
  const most = terms.priceCap * roundTrip;
  const limit = BigInt(unacknowledgedLimit);
  if (limit * terms.payThreshold >= most) return [];
  const least = (most + limit - 1n) / limit;
  const inTokens = moneyAmount(0n).write(money(least), token);
  const formula = `P D / ${limit} = ${terms.priceCap} x ${roundTrip} / ${limit}`;
  const allowed = `at least ${least} grains (${inTokens}) = ${formula}: at most ${limit} payments in a round trip`;
  return [{ path: "pay_threshold", found: `${terms.payThreshold} grains`, allowed }];
}

/** Resale leads, in however many steps, to a neighbour with a price of its own. */
function resales({ neighbours }: Config): readonly Finding[] {
  const byName = new Map(neighbours.map((neighbour) => [neighbour.name, neighbour]));
  return neighbours.flatMap(({ name, charge }, index): readonly Finding[] => {
    if (charge.kind === "price") return [];
    const path = `neighbours[${index}].resells_via`;
    const unknown = unknownNeighbour(path, charge.via, neighbours);
    if (unknown.length > 0) return unknown;
    if (charge.via === name) return [{ path, found: shown(name), allowed: "another neighbour" }];
    return leadsBack(name, byName)
      ? [
          {
            path,
            found: `${shown(charge.via)}, which resells via ${shown(name)} in turn`,
            allowed: "resale that comes to an end",
          },
        ]
      : [];
  });
}

function leadsBack(name: string, byName: ReadonlyMap<string, NeighbourConfig>): boolean {
  const passed = new Set<string>();
  let at = byName.get(name);
  while (at?.charge.kind === "resale" && !passed.has(at.name)) {
    passed.add(at.name);
    at = byName.get(at.charge.via);
  }
  return at?.name === name;
}

function routes({ neighbours, routes }: Config): readonly Finding[] {
  return routes.flatMap(({ via, class: priceClass }, index): readonly Finding[] => {
    const neighbour = neighbours.find(({ name }) => name === via);
    if (neighbour === undefined) return unknownNeighbour(`routes[${index}].via`, via, neighbours);
    if (priceClass <= neighbour.classes) return [];
    const allowed = `0 to ${neighbour.classes}, the classes of ${via}`;
    return [{ path: `routes[${index}].class`, found: String(priceClass), allowed }];
  });
}

function unknownNeighbour(
  path: string,
  name: string,
  neighbours: readonly NeighbourConfig[],
): readonly Finding[] {
  const names = neighbours.map((neighbour) => neighbour.name);
  if (names.includes(name)) return [];
  const listed = names.length === 0 ? "(there is none)" : `(${names.slice(0, 10).join(", ")})`;
  const allowed = `the name of a neighbour ${listed}${didYouMean(name, names)}`;
  return [{ path, found: shown(name), allowed }];
}

function rates({ rates: { free, link, leastLink = link, control } }: Config): readonly Finding[] {
  if (leastLink > link) {
    const allowed = `at most link_rate, ${link} bits a second`;
    return [{ path: "link_rate_least", found: `${leastLink}`, allowed }];
  }
  if (free + control <= leastLink) return [];
  const found = `${free} and control_rate ${control}`;
  const name = leastLink === link ? "link_rate" : "link_rate_least";
  return [
    { path: "free_rate", found, allowed: `together at most ${name}, ${leastLink} bits a second` },
  ];
}

/** A chain is named whole, and no limit contradicts a deposit. */
function settlement({ settlement: chain, neighbours }: Config): readonly Finding[] {
  if (chain.endpoints.length === 0) return [];
  const findings: Finding[] = [];
  if (chain.chainId === 0n) {
    findings.push({ path: "chain_id", found: "0", allowed: "the chain's number, beside rpc" });
  }
  if (/^0+$/.test(chain.contract)) {
    findings.push({
      path: "contract",
      found: "zeros",
      allowed: "the contract's address, beside rpc",
    });
  }
  if (new Set(chain.endpoints).size < chain.endpoints.length) {
    const allowed = "each once: one endpoint must not count twice";
    findings.push({ path: "rpc", found: "an endpoint twice", allowed });
  }
  for (const [index, { depositOut }] of neighbours.entries()) {
    if (chain.mostHeld === 0n || depositOut <= chain.mostHeld) continue;
    const allowed = `at most hold_at_most, ${chain.mostHeld}`;
    findings.push({ path: `neighbours[${index}].deposit_out`, found: `${depositOut}`, allowed });
  }
  return findings;
}

/** What others can reach asks for a password. */
function statusPage({ status: { listen, tokenFile } }: Config): readonly Finding[] {
  if (listen === "off" || tokenFile !== undefined || isLoopback(listen.host)) return [];
  const found = `${listen.host}, which others can reach, without status_token_file`;
  const allowed = "an address of this machine alone, such as 127.0.0.1, or a status_token_file";
  return [{ path: "status_listen", found, allowed }];
}
