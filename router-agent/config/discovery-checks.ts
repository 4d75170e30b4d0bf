import { priceClassLimit } from "#core/units/price-class.ts";
import { smallestCreditLimit } from "./bounds.ts";
import { type Config, isInterfaceName, isKnown } from "./config.ts";
import type { Finding } from "./finding.ts";
import { shown } from "./problem.ts";

/** What is wrong between the options about discovery and the others. */
export function discoveryChecks(config: Config): readonly Finding[] {
  return [...needed(config), ...interfaces(config), ...ofStrangers(config)];
}

/** Without discovery nobody finds out what is not written. */
function needed({ discovery, neighbours }: Config): readonly Finding[] {
  if (discovery.interfaces.length > 0) return [];
  return neighbours.flatMap((neighbour, index): readonly Finding[] => {
    if (isKnown(neighbour)) return [];
    const option = neighbour.tunnelKey === undefined ? "tunnel_key" : "listen_port";
    const allowed = "one value; or a discovery_interface, on which the neighbour is found";
    return [{ path: `neighbours[${index}].${option}`, found: "nothing", allowed }];
  });
}

function interfaces({ discovery, interfacePrefix }: Config): readonly Finding[] {
  const { interfaces: names } = discovery;
  return names.flatMap((name, i): readonly Finding[] => {
    const path = `discovery_interface[${i}]`;
    if (names.indexOf(name) < i) return [{ path, found: shown(name), allowed: "each once" }];
    if (!isInterfaceName(interfacePrefix, name)) return [];
    return [{ path, found: shown(name), allowed: "no tunnel of the agent's own" }];
  });
}

/** A stranger gets no credit, or enough of it not to stall (T14), and no price is above the cap. */
function ofStrangers({ discovery, terms, roundTrip }: Config): readonly Finding[] {
  const { creditLimit, price, maxPrice, interfaces: names, classes, delivery } = discovery;
  if (names.length === 0) return [];
  const findings: Finding[] = [];
  const smallest = smallestCreditLimit(terms, roundTrip);
  if (creditLimit > 0n && creditLimit < smallest) {
    const allowed = `0, or at least ${smallest} grains, as for credit_limit`;
    findings.push({ path: "discovery_credit", found: `${creditLimit} grains`, allowed });
  }
  if (delivery !== undefined && classes >= priceClassLimit) {
    const allowed = `at most ${priceClassLimit - 1} with discovery_delivery`;
    findings.push({ path: "discovery_classes", found: `${classes}`, allowed });
  }
  for (const [path, found] of [
    ["discovery_price", price],
    ["discovery_max_price", maxPrice],
    ["discovery_tariff", delivery?.tariff ?? price],
  ] as const) {
    if (found <= terms.priceCap) continue;
    const allowed = `at most price_cap, ${terms.priceCap} grains a byte`;
    findings.push({ path, found: `${found}`, allowed });
  }
  return findings;
}
