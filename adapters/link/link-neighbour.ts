import type { NodeId } from "#core/units/node-id.ts";

/** One neighbour and the class-0 interface that leads to it and to nobody else. */
export interface LinkNeighbour {
  readonly id: NodeId;
  /** At most 15 characters, as the kernel demands. */
  readonly interfaceName: string;
  /** Our link-local address on that interface, without a zone. */
  readonly ownAddress: string;
  /** The neighbour's link-local address on it, without a zone. */
  readonly peerAddress: string;
}
