import type { Config } from "#agent/config/config.ts";

/**
 * Whether the agent has ways to choose, or tells others what they choose by: with a babeld, and
 * wherever somebody is somebody's exit, or the rate of links follows their delay. Else none of that is loaded.
 */
export function needsRoutes({ routing, neighbours, discovery, rates, exits }: Config): boolean {
  return (
    routing.babel !== "off" ||
    rates.leastLink !== undefined ||
    discovery.delivery !== undefined ||
    exits.routes.length > 0 ||
    neighbours.some(({ delivery }) => delivery !== undefined)
  );
}
