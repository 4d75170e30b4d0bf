import { covers, networkOf, type Prefix, parsePrefix } from "#core/route/prefix.ts";

/** An address of this machine, as `os.networkInterfaces` tells it. */
export interface OwnAddress {
  readonly interfaceName: string;
  readonly address: string;
  /** Address and length, such as 192.168.1.1/24; nothing where there is no mask. */
  readonly cidr: string | null;
}

/**
 * Prefixes that the machine's own tables decide though a chosen route covers them: networks that are
 * connected, and the places where tunnels end, lest a tunnel leads into itself. Only those that some route
 * covers: others cost two routes for nothing.
 * @param endpoints addresses of the far ends of tunnels; names of hosts are passed over.
 * @param chosen prefixes that the agent has routes for.
 */
export function leftAlone(
  addresses: readonly OwnAddress[],
  ownInterfaces: ReadonlySet<string>,
  endpoints: readonly string[],
  chosen: { readonly has: (prefix: Prefix) => boolean },
): readonly Prefix[] {
  const connected = addresses.flatMap(({ interfaceName, cidr }) =>
    ownInterfaces.has(interfaceName) || cidr === null ? [] : [connectedNetwork(cidr)],
  );
  const ends = endpoints.map(hostPrefix);
  const found = new Set<Prefix>();
  for (const prefix of [...connected, ...ends]) {
    if (prefix !== undefined && !isScoped(prefix) && hasCover(prefix, chosen)) found.add(prefix);
  }
  return [...found].sort();
}

/** Where a neighbour's tunnels end. */
export interface TunnelEnd {
  readonly neighbour: string;
  /** An address, or the name of a host. */
  readonly host: string;
}

/**
 * The far ends of tunnels that the machine's own tables decide. All, but for those that are reached by
 * another neighbour's tunnels, as an exit in the mesh is: its tunnel goes through the one of the next
 * hop, as long as that leads to no circle. What is on a cable of our own is never one of those.
 * @param hopOf the neighbour that a route leads an address to; default routes are no such route.
 */
export function endsOnTheGround(
  ends: readonly TunnelEnd[],
  addresses: readonly OwnAddress[],
  ownInterfaces: ReadonlySet<string>,
  hopOf: (host: string) => string | undefined,
): readonly string[] {
  const hostOf = new Map(ends.map(({ neighbour, host }) => [neighbour, host]));
  const onward = (host: string | undefined): string | undefined => {
    if (host === undefined || hostPrefix(host) === undefined) return undefined;
    return isOnCable(host, addresses, ownInterfaces) ? undefined : hopOf(host);
  };
  const isCircle = (neighbour: string): boolean => {
    const passed = new Set([neighbour]);
    let next = onward(hostOf.get(neighbour));
    while (next !== undefined) {
      if (passed.has(next)) return true;
      passed.add(next);
      next = onward(hostOf.get(next));
    }
    return false;
  };
  return ends
    .filter(({ neighbour, host }) => onward(host) === undefined || isCircle(neighbour))
    .map(({ host }) => host);
}

/** Whether an address is on a cable of this machine: what is not can be somewhere in the mesh. */
function isOnCable(
  host: string,
  addresses: readonly OwnAddress[],
  ownInterfaces: ReadonlySet<string>,
): boolean {
  const address = hostPrefix(host);
  return (
    address !== undefined &&
    addresses.some(({ interfaceName, cidr }) => {
      const network =
        ownInterfaces.has(interfaceName) || cidr === null ? undefined : connectedNetwork(cidr);
      return network !== undefined && covers(network, address);
    })
  );
}

/** An address as a prefix of all its bits; nothing for the name of a host. */
export function hostPrefix(host: string): Prefix | undefined {
  return parsePrefix(`${host}/${host.includes(":") ? 128 : 32}`);
}

/** Whether a prefix is one of the machine's own addresses: what nobody pays for to reach. */
export function isOwnAddress(prefix: Prefix, addresses: readonly OwnAddress[]): boolean {
  return addresses.some(
    ({ address }) => parsePrefix(`${address}/${address.includes(":") ? 128 : 32}`) === prefix,
  );
}

/** Link-local and loopback addresses are never routed. */
function isScoped(prefix: Prefix): boolean {
  return /^(?:fe80:|::1\/|127\.)/.test(prefix);
}

/** The network of an address with its length. */
function connectedNetwork(cidr: string): Prefix | undefined {
  const [address = "", length = ""] = cidr.split("/");
  return /^[0-9]{1,3}$/.test(length) ? networkOf(address, Number(length)) : undefined;
}

function hasCover(prefix: Prefix, chosen: { readonly has: (prefix: Prefix) => boolean }): boolean {
  const [address = "", length = ""] = prefix.split("/");
  for (let bits = Number(length); bits >= 0; bits--) {
    const wider = networkOf(address, bits);
    if (wider !== undefined && chosen.has(wider)) return true;
  }
  return false;
}
