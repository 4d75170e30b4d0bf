import * as Effect from "effect/Effect";
import * as Layer from "effect/Layer";
import * as Schedule from "effect/Schedule";
import type { Signer } from "#core/identity/signature.ts";
import type { NodeId } from "#core/units/node-id.ts";
import { factMailbox } from "../fact-mailbox.ts";
import { channelLimit, Settlement, type SettlementState } from "../settlement.ts";
import { ChainRefused, TooManyChannels } from "../settlement-error.ts";
import { ChainError } from "./chain-error.ts";
import type { ChainPlace } from "./chain-place.ts";
import { type ChainSession, chainSession, type Sighting } from "./chain-session.ts";
import type { OutboxFile } from "./outbox-file.ts";
import { quorum } from "./quorum.ts";
import { rpcEndpoint } from "./rpc-endpoint.ts";
import { RpcError } from "./rpc-error.ts";

/** How an agent settles on a chain. */
export interface ChainSettlementOptions {
  readonly place: ChainPlace;
  /** URLs, one to eight; more than half must agree before anything is believed. */
  readonly endpoints: readonly string[];
  readonly signer: Signer;
  /** Neighbours whose channels are looked for. */
  readonly peers: readonly NodeId[];
  /** Where what is on its way is kept. */
  readonly outbox: OutboxFile;
}

/**
 * Settlement over MeshChannels on a real chain. An outage of the chain stops what is done on it and
 * nothing else: looks are repeated, and what is wrong is told by `state`, and once in the log.
 */
export const chainSettlement = (options: ChainSettlementOptions): Layer.Layer<Settlement> =>
  Layer.effect(
    Settlement,
    Effect.gen(function* () {
      const { place, peers } = options;
      const mailbox = factMailbox();
      const watched = new Set<NodeId>(peers);
      let session: ChainSession | undefined;
      let sighting: Sighting | undefined;
      let problem: string | undefined;
      let ended = false;

      /** The chain's tools are loaded with the first look, so that starting waits for nothing. */
      const begun = async (): Promise<ChainSession> => {
        session ??= await begin(options);
        if (ended) session.outbox.end();
        return session;
      };
      const lookOnce = Effect.tryPromise({
        try: async () => {
          sighting = await (await begun()).look([...watched]);
          for (const fact of sighting.facts) mailbox.tell(fact);
          return sighting.outcomes;
        },
        catch: refusalOf,
      });
      const look = lookOnce.pipe(
        Effect.tap((outcomes) =>
          Effect.forEach(outcomes, ({ purpose, became, hash }) =>
            became === "done"
              ? Effect.logInfo(`${purpose}: done in ${hash}`)
              : Effect.logWarning(
                  `${purpose}: ${became}${hash === undefined ? "" : ` in ${hash}`}`,
                ),
          ),
        ),
        Effect.matchEffect({
          onSuccess: () => {
            const before = problem;
            problem = undefined;
            if (before === undefined) return Effect.void;
            return Effect.logInfo("the chain can be asked again");
          },
          onFailure: ({ words }) => {
            const before = problem;
            problem = words;
            return before === words ? Effect.void : Effect.logWarning(`the chain: ${words}`);
          },
        }),
      );
      const asked = <A>(peer: NodeId, ask: (chain: ChainSession) => Promise<A>) =>
        watching(watched, peer).pipe(
          Effect.andThen(
            Effect.tryPromise({ try: async () => ask(await begun()), catch: refusalOf }),
          ),
        );
      // What is under way when the agent ends must not write beside the next one.
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          ended = true;
          session?.outbox.end();
        }),
      );
      yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(place.pollInterval)));
      return Settlement.of({
        nextFact: mailbox.next,
        channel: mailbox.known,
        watch: (peer) => Effect.map(watching(watched, peer), () => mailbox.remind(peer)),
        perform: (peer, step) => asked(peer, (chain) => chain.perform(peer, step)),
        rehearse: (peer, step) => asked(peer, (chain) => chain.rehearse(peer, step)),
        now: () => sighting?.now ?? 0n,
        state: () => stateOf(place, session, sighting, problem),
      });
    }),
  );

const watching = (watched: Set<NodeId>, peer: NodeId): Effect.Effect<void, TooManyChannels> =>
  Effect.suspend(() => {
    if (!watched.has(peer) && watched.size >= channelLimit) {
      return Effect.fail(new TooManyChannels({ allowed: channelLimit }));
    }
    watched.add(peer);
    return Effect.void;
  });

async function begin({
  place,
  endpoints,
  signer,
  outbox,
}: ChainSettlementOptions): Promise<ChainSession> {
  const tools = await import("./chain-tools.ts");
  const several = quorum(
    endpoints.map((url) => rpcEndpoint(url)),
    place.finality,
  );
  return chainSession({ tools, place, quorum: several, signer, file: outbox });
}

function refusalOf(error: unknown): ChainRefused {
  if (error instanceof ChainError || error instanceof RpcError) {
    return new ChainRefused({ problem: error.problem, words: error.message });
  }
  return new ChainRefused({ problem: "fault", words: `a fault of this program: ${String(error)}` });
}

function stateOf(
  place: ChainPlace,
  session: ChainSession | undefined,
  sighting: Sighting | undefined,
  problem: string | undefined,
): SettlementState {
  const waiting = session?.outbox.pending() ?? [];
  return {
    place: `contract 0x${place.contract} on chain ${place.chainId}`,
    address: session === undefined ? undefined : `0x${session.address}`,
    balance: sighting?.balance,
    block:
      sighting === undefined
        ? undefined
        : { number: sighting.block.number, time: sighting.block.time },
    problem,
    pending: waiting.map(({ purpose, hashes }) => ({ purpose, hash: hashes.at(-1) ?? "" })),
  };
}
