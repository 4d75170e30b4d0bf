import type { Node } from "#core/node/node.ts";
import { ppmOf, type SignedWindow, signedLossOf, withSigned } from "#core/quality/signed-loss.ts";
import type { NodeId } from "#core/units/node-id.ts";

/** Loss of links by the counters that both ends signed in STATEMENTs (protocol, section 9). */
export interface SignedLinks {
  /** Takes in what the node has heard by now. */
  readonly look: (node: Node) => void;
  readonly of: (neighbour: NodeId) => SignedLink;
}

/** One link, all paid classes together, in parts per million; nothing where too little was sent. */
export interface SignedLink {
  readonly out: bigint | undefined;
  readonly in: bigint | undefined;
}

interface Windows {
  readonly out: SignedWindow;
  readonly in: SignedWindow;
}

/** Nothing was signed. Neighbours that are gone are forgotten; classes are at most seven for each. */
export function signedLinks(): SignedLinks {
  let known: ReadonlyMap<NodeId, readonly Windows[]> = new Map();
  return {
    look: ({ ledger, live }) => {
      known = new Map(
        ledger.neighbours.map(({ id }, i) => {
          const before = known.get(id) ?? [];
          return [id, (live[i]?.paths ?? []).map((path, at) => after(before[at], path.counted))];
        }),
      );
    },
    of: (neighbour) => {
      const windows = known.get(neighbour) ?? [];
      return {
        out: together(windows.map((one) => one.out)),
        in: together(windows.map((one) => one.in)),
      };
    },
  };
}

type Counted = NonNullable<Node["live"][number]["paths"][number]["counted"]>;

function after(before: Windows | undefined, counted: Counted | undefined): Windows {
  const windows = before ?? { out: [], in: [] };
  if (counted === undefined) return windows;
  const { ours, arrived, theirs, here } = counted;
  return {
    out: withSigned(windows.out, { sent: ours, received: arrived }),
    in: withSigned(windows.in, { sent: theirs, received: here }),
  };
}

function together(windows: readonly SignedWindow[]): bigint | undefined {
  const losses = windows.map(signedLossOf).filter((loss) => loss !== undefined);
  if (losses.length === 0) return undefined;
  return ppmOf(
    losses.reduce((sum, { sent, lost }) => ({ sent: sum.sent + sent, lost: sum.lost + lost })),
  );
}
