import { due } from "#core/schedule/schedule.ts";
import type { Position } from "#core/units/position.ts";
import { isHonest, isUp, linkAt, type Network, nodeAt, type Way } from "../network/network.ts";
import { booksOf, checkAccount, overpaidOf } from "./account-check.ts";
import { checkIntermediaries } from "./intermediary-check.ts";
import { note, violate } from "./violating.ts";

/** Every account that was used, those of former identities as well. */
export function usedWays(net: Network): readonly Way[] {
  const all = net.links.flatMap(({ ways }) => [...ways[0], ...ways[1]]);
  return [...net.retired, ...all].filter(
    ({ sent, received, bestSigned, throttled }) =>
      sent > 0n || received > 0n || bestSigned > 0n || throttled > 0n,
  );
}

/** What must hold once a run has come to its end; `settled`: books were given time to agree. */
export function checkEnd(net: Network, settled: boolean): void {
  for (const way of usedWays(net)) {
    if (way.final === undefined) checkAccount(net, way);
  }
  checkConservation(net);
  checkIntermediaries(net);
  if (net.now < net.scenario.maxSteps) checkLiveness(net, settled);
}

/** T11: nobody has been credited what nobody signed; and all of it, between honest ones, at last. */
function checkConservation(net: Network): void {
  let balance = 0n;
  for (const way of usedWays(net)) balance += way.bestCredited - way.bestSigned;
  if (balance > 0n) note(net, "T11", "", "", `credited - signed = ${balance} over the network`);
}

/** Liveness (T15, T20): the network is quiet, so books agree and honest bytes have arrived. */
function checkLiveness(net: Network, settled: boolean): void {
  for (const way of usedWays(net)) {
    const honest = isHonest(nodeAt(net, way.payer)) && isHonest(nodeAt(net, way.payee));
    const books = booksOf(net, way);
    if (
      !honest ||
      way.final !== undefined ||
      way.forgotten ||
      books === undefined ||
      !isUp(net, linkAt(net, way.link))
    )
      continue;
    const { signed } = books.payer;
    const { credited } = books.payee;
    if (signed !== credited) violate(net, "T20", way, `at rest: v ${signed}, w ${credited}`);
    const owed = due(books.payer.schedule, books.sent as Position);
    if (owed > signed && net.scenario.chain === undefined) {
      violate(net, "liveness", way, `at rest: owes ${owed}, signed ${signed}`);
    }
    if (way.standing !== "open") violate(net, "liveness", way, "at rest: still throttled");
  }
  if (!settled) note(net, "liveness", "", "", "books did not come to rest");
  // Where the free tier carries nothing, bytes that nobody sells a way for have none.
  if (net.scenario.defaults.freeBytesPerStep === 0n) return;
  for (const flow of net.flows) {
    const stuck = flow.doneAt === undefined && net.nodes.every(isHonest);
    if (!stuck || net.routes.free[flow.destination]?.link[flow.from] === -1) continue;
    const [from, to] = [nodeAt(net, flow.from).id, nodeAt(net, flow.to).id];
    note(net, "liveness", from, to, `${flow.left + flow.outstanding} bytes never arrived`);
  }
}

/** What an account shows at last. */
export function booksAtEnd(net: Network, way: Way): NonNullable<Way["final"]> {
  if (way.final !== undefined) return way.final;
  const books = booksOf(net, way);
  return {
    owed: books === undefined ? 0n : due(books.payer.schedule, books.sent as Position),
    expected: books === undefined ? 0n : due(books.payee.schedule, books.payee.read),
    signed: way.bestSigned,
    credited: way.bestCredited,
    overpaid: overpaidOf(way),
  };
}
