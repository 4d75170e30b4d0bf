import type { Node } from "#core/node/node.ts";

/** All bytes of paid accounts so far, both ways, over the whole life of the journal. */
function paidSoFar({ ledger, live }: Node): bigint {
  return ledger.neighbours.reduce(
    (sum, { outbound }, i) =>
      outbound.reduce((all, _, at) => {
        const path = live[i]?.paths[at];
        return path === undefined ? all : all + path.sent + path.read;
      }, sum),
    0n,
  );
}

/** Tells how many paid bytes went either way since this was made. */
export function paidBytes(node: () => Node): () => bigint {
  const first = paidSoFar(node());
  return () => {
    const now = paidSoFar(node());
    return now > first ? now - first : 0n;
  };
}
