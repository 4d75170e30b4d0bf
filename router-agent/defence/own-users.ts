import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Schedule from "effect/Schedule";
import * as Scope from "effect/Scope";
import type { OwnPlan, Queueing } from "#adapters/queueing/queueing.ts";
import type { Agent } from "#agent/agent/agent.ts";
import { type OwnStanding, ownStanding } from "#core/enforcement/free-tier.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import { freePart } from "#core/settlement/cover.ts";

/** Our own users: how they stand, and why. */
export interface OwnUsers {
  readonly look: Effect.Effect<void>;
  readonly facts: () => OwnFacts;
}

/** What `status` shows of them: grains. */
export interface OwnFacts {
  readonly standing: OwnStanding;
  /** What can still be spent, in all channels; nothing where no channel is known. */
  readonly balance: bigint | undefined;
  /** Below it they are throttled; 0 is never. */
  readonly low: bigint;
}

/** How often the balance is looked at, in milliseconds. */
export const balanceInterval = 2000;

/**
 * Throttles our own users while what we can still spend runs low, before neighbours must throttle all of
 * us, and shows them a notice. For as long as its scope lasts: at its end they are open again.
 */
export const startOwnUsers = Effect.fnUntraced(function* (
  agent: Agent,
  queueing: Queueing["Service"],
  interval = balanceInterval,
) {
  let standing: OwnStanding = "open";
  let showing: Scope.Closeable | undefined;
  const hide = Effect.suspend(() => {
    const scope = showing;
    showing = undefined;
    return scope === undefined ? Effect.void : Scope.close(scope, Exit.void);
  });
  /** Shows what can be shown; returns where. */
  const show = Effect.fnUntraced(function* ({ notices }: OwnPlan) {
    if (notices.length === 0) return [];
    // Loaded only where it is shown: most routers never need it.
    const { noticeServer } = yield* Effect.promise(() => import("./notice-server.ts"));
    yield* hide;
    const scope = yield* Scope.make();
    showing = scope;
    const shown = yield* Effect.forEach(notices, (notice) =>
      Scope.provide(noticeServer(notice.host, notice.port), scope).pipe(
        Effect.as([notice]),
        Effect.catch((error) => Effect.as(Effect.logWarning(error.words), [])),
      ),
    );
    return shown.flat();
  });
  const open = queueing.setOwn(undefined).pipe(Effect.andThen(hide));
  const look = Effect.gen(function* () {
    const { low, balance } = factsOf(agent, standing);
    const next = balance === undefined ? "open" : ownStanding(standing, balance, low);
    if (next === standing) return;
    const plan = planOf(agent);
    if (next === "open" || plan === undefined) yield* open;
    else {
      // The listener first: nobody is led to where nobody answers.
      yield* queueing.setOwn({ ...plan, notices: yield* show(plan) });
    }
    standing = next;
    yield* Effect.logWarning(
      next === "open"
        ? "own users are open again"
        : `own users are throttled: ${balance} grains are left, less than low_balance, ${low}`,
    );
  }).pipe(Effect.catch((error) => Effect.logWarning(`own users: ${error.words}`)));
  yield* Effect.addFinalizer(() =>
    standing === "open" ? hide : Effect.andThen(Effect.ignore(queueing.setOwn(undefined)), hide),
  );
  if (planOf(agent) !== undefined) {
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval)));
  }
  const users: OwnUsers = { look, facts: () => factsOf(agent, standing) };
  return users;
});

/** Nothing where nobody is behind us, or nothing is too low. */
function planOf(agent: Agent): OwnPlan | undefined {
  const { edges, lowBalance, noticeListen } = agent.config();
  const lan = edges.lan.map(({ interfaceName }) => interfaceName);
  if (lan.length === 0 || lowBalance === 0n) return undefined;
  return { lan, notices: noticeListen };
}

function factsOf(agent: Agent, standing: OwnStanding): OwnFacts {
  const { lowBalance, token } = agent.config();
  return {
    standing,
    balance: balanceOf(agent.node().ledger, token.grainsPerUnit),
    low: lowBalance,
  };
}

/** What is ours in all channels, were they closed now, in grains. */
function balanceOf({ neighbours }: Ledger, grainsPerUnit: bigint): bigint | undefined {
  const parts = neighbours.flatMap(({ channel, ...books }) =>
    channel === undefined ? [] : [freePart({ ...books, channel }) * grainsPerUnit],
  );
  return parts.length === 0 ? undefined : parts.reduce((sum, one) => sum + one, 0n as bigint);
}
