import { bidderLimit } from "#core/queue/bids.ts";
import type { Config, NeighbourConfig } from "./config.ts";
import type { Finding } from "./finding.ts";

/** What is wrong with bids beside the other options: each is part of a price, and prices have a cap. */
export function bidChecks({ neighbours, ownBid, bidFloor, terms }: Config): readonly Finding[] {
  const findings = neighbours.flatMap((one, index) => [
    ...neighbourBidChecks(one, `neighbours[${index}]`, terms.priceCap),
    ...ownBidChecks(one, `neighbours[${index}]`),
  ]);
  const bidders = neighbours.filter(({ bid }) => bid.send > 0n || bid.receive > 0n).length;
  if (bidders < bidderLimit && (bidders === 0 || bidFloor > 0n)) return findings;
  if (bidders < bidderLimit) {
    const allowed =
      "more than 0%, where somebody bids: without a floor who bids nothing is starved";
    return [...findings, { path: "bid_floor", found: "0%", allowed }];
  }
  const allowed = `at most ${bidderLimit - 1} neighbours that bid, beside ${ownBid} grains a byte of our own`;
  return [...findings, { path: "neighbours", found: `${bidders} that bid`, allowed }];
}

/** Of what we bid ourselves: it has to fit into what we accept to pay. */
function ownBidChecks(
  { ourBid, maxPrice, delivery }: NeighbourConfig,
  path: string,
): readonly Finding[] {
  const most = { our_send_bid: ourBid.send, our_receive_bid: ourBid.receive };
  const findings = Object.entries(most).flatMap(([key, bid]): readonly Finding[] => {
    if (bid < maxPrice || bid === 0n) return [];
    const allowed = `less than max_price, ${maxPrice}: the bid comes on top of its price`;
    return [{ path: `${path}.${key}`, found: `${bid} grains a byte`, allowed }];
  });
  if (ourBid.receive === 0n || delivery?.role === "client") return findings;
  const allowed = "0; or delivery 'client': only a client is charged for what it receives";
  const found = `${ourBid.receive} grains a byte`;
  return [...findings, { path: `${path}.our_receive_bid`, found, allowed }];
}

function neighbourBidChecks(
  { bid, charge, delivery, asked = [] }: NeighbourConfig,
  path: string,
  cap: bigint,
): readonly Finding[] {
  const findings: Finding[] = [];
  // What the market asks by now counts as well: a bid on top of it must still fit.
  const charged = charge.kind === "resale" ? [charge.fee] : charge.prices;
  const all: readonly bigint[] = [...charged, ...asked.flatMap(({ least }) => least ?? [])];
  const dearest = all.reduce((most, price) => (price > most ? price : most), 0n);
  if (bid.send > 0n && dearest + bid.send > cap) {
    const found = `${bid.send} on top of ${dearest} grains a byte`;
    findings.push({ path: `${path}.send_bid`, found, allowed: `at most price_cap, ${cap}` });
  }
  if (bid.receive === 0n) return findings;
  if (delivery?.role !== "exit") {
    // Who receives cannot be charged otherwise: no rule spares the honest and bounds the cheat (T21).
    const allowed = "0; or delivery 'exit': only a client is charged for what it receives";
    findings.push({ path: `${path}.receive_bid`, found: `${bid.receive} grains a byte`, allowed });
  } else if (delivery.tariff + bid.receive > cap) {
    const found = `${bid.receive} on top of ${delivery.tariff} grains a byte`;
    findings.push({ path: `${path}.receive_bid`, found, allowed: `at most price_cap, ${cap}` });
  }
  return findings;
}
