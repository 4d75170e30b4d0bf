import { lively, type Pace } from "./pace.ts";
import type { RouterName } from "./stage.ts";

/** What the demo knows of a router's keys. */
export interface RouterKeys {
  readonly nodeId: string;
  readonly tunnelKey: string;
}

/** Where a neighbour of the demo calls another. */
export interface DemoLink {
  readonly host: string;
  readonly port: number;
}

/** Places that differ from stage to stage. */
export interface DemoPlace {
  readonly prefix: string;
  readonly journal: string;
  readonly keys: string;
  readonly meeting: DemoMeeting;
  /** {@link lively} unless told otherwise. */
  readonly pace?: Pick<Pace, "terms" | "pokeInterval">;
}

/** How the agent of a router knows where its neighbours are. */
export type DemoMeeting =
  /** A person wrote down keys, ports and places. */
  | {
      readonly kind: "written";
      readonly listenPort: (towards: RouterName) => number;
      readonly endpoint: (towards: RouterName) => DemoLink;
    }
  /** A person wrote down their names; they find each other on these cables. */
  | { readonly kind: "found"; readonly interfaces: (self: RouterName) => readonly string[] };

/** What a throttled neighbour still gets, in bits a second. */
export const freeRate = 1_000_000;

/** The token, as the configuration's defaults have it: 10^12 grains a millionth. */
export const demoToken = { symbol: "USDC", decimals: 6, grainsPerUnit: 10n ** 12n } as const;

/** Addresses inside the tunnels. */
export const addresses = {
  a: "10.99.1.1",
  b: "10.99.2.1",
  c: "10.99.3.1",
  internet: "10.99.9.2",
} as const;

/** Grains a byte: 0.05 USDC a gigabyte and so on, with 10^12 grains a millionth of a USDC. */
export const prices = {
  c: "0.05/GB",
  fee: "0.02/GB",
  back: "0.03/GB",
  raised: 80_000_000n,
} as const;

/** Options about the chain, where there is one. */
export type ChainSettings = Readonly<Record<string, string | readonly string[]>>;

/** The configuration of one router of the demo: the file that a person would write. */
export function demoConfig(
  self: RouterName,
  keys: Readonly<Record<RouterName, RouterKeys>>,
  place: DemoPlace,
  chain: ChainSettings = {},
): string {
  const neighbour = (name: RouterName, rest: Record<string, string>) => ({
    name,
    id: keys[name].nodeId,
    ...placesOf(name, keys, place),
    max_price: "0.20/GB",
    deposit_in: "1 USDC",
    deposit_out: "1 USDC",
    ...rest,
  });
  const lines: Record<RouterName, readonly object[]> = {
    a: [neighbour("b", { price: prices.back })],
    b: [
      neighbour("a", { resells_via: "c", fee: prices.fee }),
      neighbour("c", { price: prices.back }),
    ],
    c: [neighbour("b", { price: prices.c })],
  };
  const internet = `${addresses.internet}/32`;
  const routes: Record<RouterName, readonly object[]> = {
    a: [{ prefix: internet, via: "b", class: "1" }],
    b: [
      { prefix: internet, via: "c", class: "1" },
      // What is for a itself nobody pays for: the neighbour is where it wants to be.
      { prefix: `${addresses.a}/32`, via: "a", class: "0" },
    ],
    c: [{ prefix: `${addresses.a}/32`, via: "b", class: "1" }],
  };
  const { terms, pokeInterval } = place.pace ?? lively;
  return JSON.stringify({
    journal: place.journal,
    keys: place.keys,
    interface_prefix: place.prefix,
    token_symbol: demoToken.symbol,
    ...terms,
    price_cap: "0.20/GB",
    free_rate: `${freeRate}`,
    control_rate: "128kbit",
    poke_interval: `${pokeInterval}`,
    ...(place.meeting.kind === "found"
      ? { discovery_interface: place.meeting.interfaces(self), discovery_policy: "off" }
      : {}),
    ...chain,
    neighbours: lines[self],
    routes: routes[self],
  });
}

/** What is written of a neighbour beside its id, where nobody looks for it. */
function placesOf(
  name: RouterName,
  keys: Readonly<Record<RouterName, RouterKeys>>,
  { meeting }: DemoPlace,
): Readonly<Record<string, string>> {
  if (meeting.kind === "found") return {};
  const { host, port } = meeting.endpoint(name);
  return {
    tunnel_key: keys[name].tunnelKey,
    endpoint: `${host}:${port}`,
    listen_port: String(meeting.listenPort(name)),
  };
}
