import type { Channel } from "#core/settlement/channel.ts";
import { tokenUnits } from "#core/units/money.ts";
import type { Network, SimLink } from "./network.ts";

/** Where no chain is simulated, channels hold as much as anybody will ever sign. */
const plenty = 1n << 100n;

/** The payment channel of a link, as the settlement port at a side tells it. */
export function channelAt(net: Network, link: SimLink, side: 0 | 1): Channel {
  const deposit = net.scenario.chain?.deposit ?? plenty;
  const identities = net.nodes[link.nodes[0]]?.identities ?? 0;
  const others = net.nodes[link.nodes[1]]?.identities ?? 0;
  const name = BigInt(link.index + 1) * 1_000_000n + BigInt(identities * 1000 + others);
  void side;
  return {
    channelId: name.toString(16).padStart(64, "0"),
    chainId: 31337n,
    contract: "11".repeat(20),
    grainsPerUnit: 1n,
    depositIn: tokenUnits(deposit),
    depositOut: tokenUnits(deposit),
    open: true,
  };
}
