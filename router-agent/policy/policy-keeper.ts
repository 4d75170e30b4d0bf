import * as Clock from "effect/Clock";
import * as Effect from "effect/Effect";
import * as Schedule from "effect/Schedule";
import type { Agent } from "#agent/agent/agent.ts";
import type { Config } from "#agent/config/config.ts";
import type { NetworkPolicy, PolicyRefusal } from "#core/enforcement/network-policy.ts";
import { readDocument } from "./policy-document.ts";
import { policyNotice, withPolicy } from "./policy-effect.ts";
import { loadDecision, type PolicyFileError, readText, saveDecision } from "./policy-store.ts";
import { policyVerdict, refusalText } from "./policy-verdict.ts";

/** What is in force, and why nothing is. */
export interface PolicyFacts {
  readonly inForce: NetworkPolicy | undefined;
  readonly words: string;
  /** Why one that was accepted, or is to be followed, is not in force; nothing where there is no such. */
  readonly refusal?: PolicyRefusal;
  /** What of the one in force has no effect here, and why. */
  readonly notice?: string;
}

/** Keeps a running agent at the policy that was accepted. */
export interface PolicyKeeper {
  readonly look: Effect.Effect<PolicyFacts>;
  readonly facts: () => PolicyFacts;
}

/** How often files and the time are looked at, in milliseconds. */
export const policyInterval = 60_000;

/** What of a configuration holds now: with `follow`, a newer policy in its file is accepted first. Never fails. */
export const policyInForce = Effect.fnUntraced(
  function* (config: Config): Effect.fn.Return<PolicyFacts, PolicyFileError> {
    const { mode, organiser, file } = config.policy;
    if (mode === "off" || organiser === undefined) return none("no organiser's policy is wanted");
    const now = (yield* Clock.currentTimeMillis) / 1000;
    const { directory } = config.journal;
    const decided = yield* loadDecision(directory);
    const newer = mode === "follow" && file !== undefined ? yield* readText(file) : undefined;
    const read = newer === undefined ? undefined : readDocument(newer);
    let unfollowed: PolicyRefusal | undefined;
    if (typeof read === "object" && read.serial > (decided?.policy.serial ?? 0n)) {
      const refusal = policyVerdict(config, decided?.policy, read, now);
      if (refusal === undefined) {
        yield* saveDecision(directory, { standing: "accepted", policy: read });
        return told(config, read, `policy ${read.serial} is followed`);
      }
      yield* Effect.logWarning(`policy ${read.serial} is not followed: ${refusalText(refusal)}`);
      unfollowed = refusal;
    }
    const refused = unfollowed === undefined ? {} : { refusal: unfollowed };
    if (decided === undefined) return { ...none("none was accepted"), ...refused };
    if (decided.standing === "refused") {
      return { ...none(`policy ${decided.policy.serial} was refused`), ...refused };
    }
    const refusal = policyVerdict(config, undefined, decided.policy, now);
    if (refusal !== undefined) return { ...none(refusalText(refusal)), refusal };
    return {
      ...told(config, decided.policy, `policy ${decided.policy.serial} was accepted`),
      ...refused,
    };
  },
  Effect.catch((error) => Effect.succeed(none(error.words))),
);

/**
 * Keeps an agent at what was accepted, for as long as its scope lasts. An operator's word counts at once,
 * the end of a policy's time at the next look; then the configuration's own values hold again.
 * @param written the configuration as it stands in its file.
 */
export const startPolicyKeeper = Effect.fnUntraced(function* (
  agent: Agent,
  written: () => Config,
  first: PolicyFacts,
  interval = policyInterval,
) {
  let facts = first;
  const look = Effect.gen(function* () {
    const next = yield* policyInForce(agent.config());
    if (next.words !== facts.words) yield* Effect.logInfo(`policy: ${next.words}`);
    facts = next;
    // The free rate as it is written, and everything else as it is by now: an operator may have changed it.
    const by = (config: Config): Config => {
      const rates = { ...config.rates, free: written().rates.free };
      return withPolicy({ ...config, rates }, next.inForce);
    };
    const now = agent.config();
    if (partOf(now) !== partOf(by(now))) {
      yield* agent
        .amend(by)
        .pipe(Effect.catch((error) => Effect.logWarning(`policy: ${error.message}`)));
    }
    return next;
  });
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(interval)));
  const keeper: PolicyKeeper = { look, facts: () => facts };
  return keeper;
});

/** What of a configuration a policy can change, to compare. */
function partOf({ rates, market, discovery, neighbours }: Config): string {
  const priced = neighbours.map(({ id, charge, delivery }) => [id, charge, delivery?.tariff]);
  const { price, delivery, exits = [] } = discovery;
  const part = [rates.free, market.suggested, price, delivery?.tariff, exits, priced];
  return JSON.stringify(part, (_, item) => (typeof item === "bigint" ? `${item}n` : item));
}

function told(config: Config, policy: NetworkPolicy, words: string): PolicyFacts {
  const notice = policyNotice(config, policy);
  if (notice === undefined) return { inForce: policy, words };
  return { inForce: policy, words: `${words}; ${notice}`, notice };
}

function none(words: string): PolicyFacts {
  return { inForce: undefined, words };
}
