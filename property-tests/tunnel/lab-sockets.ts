import { removeDeadSockets } from "#adapters/wireguard/dead-sockets.ts";

/** How the interfaces of labs begin whose names a lab may choose freely, so that they are known again. */
export const labInterfaces = "mtl";

/**
 * Removes what killed processes of labs left where userspace WireGuard has its sockets: those of this
 * lab, and those of labs that were killed themselves. @param prefixes of names beside {@link labInterfaces}.
 */
export async function sweepLabSockets(...prefixes: readonly string[]): Promise<void> {
  const ours = [labInterfaces, ...prefixes];
  await removeDeadSockets((name) => ours.some((prefix) => name.startsWith(prefix)));
}
