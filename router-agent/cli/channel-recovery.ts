import * as Console from "effect/Console";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import type { ChainSession } from "#adapters/settlement/chain/chain-session.ts";
import type { ChannelFact } from "#adapters/settlement/settlement.ts";
import { ChainRefused } from "#adapters/settlement/settlement-error.ts";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import { nextStep, policyOf } from "#agent/agent/settlement-keeper.ts";
import type { Config, NeighbourConfig } from "#agent/config/config.ts";
import { emptyLedger, type Ledger, type NeighbourLedger } from "#core/journal/ledger.ts";
import { noDealings } from "#core/settlement/dealings.ts";
import { chainSessionOf } from "./chain-session-of.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { exitCodes } from "./exit-code.ts";
import { ledgerOnDisk } from "./ledger-source.ts";
import { ownKeys } from "./own-keys.ts";

/** What was done about one channel. */
interface Line {
  readonly neighbour: string;
  readonly status: string;
  readonly step: string | undefined;
  readonly outcome: string;
}

/**
 * `channel recover`: gets the money out without an agent, and without the neighbours: what the
 * journal knows, if it can be read, is registered, notice is given, and the channel is finished.
 * Idempotent: run again, it goes on where it was.
 */
export const recoverCommand = Command.make(
  "recover",
  {
    config: configFlag,
    json: jsonFlag,
    once: Flag.Boolean("once").pipe(
      Flag.withDescription(
        "One look and one step for each channel, instead of until all is closed",
      ),
      Flag.withDefault(false),
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Say what would be sent and what it would cost, and send nothing"),
      Flag.withDefault(false),
    ),
  },
  Effect.fn(function* ({ config: path, json, once, dryRun }) {
    const config = yield* loadConfig(path);
    yield* demandNoAgent(config);
    const ledger = yield* ledgerOrNone(config);
    const { signer } = yield* ownKeys(config);
    const session = yield* chainSessionOf(config, signer);
    let said = "";
    for (;;) {
      const lines = yield* round(session, config, ledger, dryRun);
      const text = json ? toJson(lines) : lines.map(lineText).join("\n");
      if (text !== said) yield* Console.log(text);
      said = text;
      const left = lines.some(({ status }) => status !== "none");
      if (once || dryRun || (!left && session.outbox.pending().length === 0)) return;
      yield* Effect.sleep(config.settlement.interval);
    }
  }),
).pipe(
  Command.withDescription(
    "Get our money out of all channels: without an agent, without neighbours",
  ),
);

function lineText({ neighbour, status, step, outcome }: Line): string {
  return `${neighbour}: ${status}${step === undefined ? "" : `; ${step}`}: ${outcome}`;
}

/** Two who number the transactions of one account would disturb each other. */
const demandNoAgent = Effect.fnUntraced(function* (config: Config) {
  if (config.settlement.endpoints.length === 0) {
    process.exitCode = exitCodes.refused;
    return yield* new ChainRefused({
      problem: "no chain",
      words: "the configuration names no chain: there is nothing on it (rpc, chain_id, contract)",
    });
  }
  const running = yield* askAgent(controlPath(config.journal.directory), ["status"]).pipe(
    Effect.as(true),
    Effect.catch((error) => Effect.succeed(error.problem !== "absent")),
  );
  if (!running) return;
  return yield* new ControlError({
    problem: "refused",
    words:
      "an agent runs with this journal: use `channel close NEIGHBOUR --alone`, or stop it first",
  });
});

/** Without a journal vouchers are lost, deposits are not. */
const ledgerOrNone = (config: Config): Effect.Effect<Ledger> => {
  const { directory } = config.journal;
  const withoutVouchers = (why: string) =>
    Effect.as(Console.error(`${why}: only deposits come back, no vouchers`), emptyLedger);
  return ledgerOnDisk(directory).pipe(
    Effect.flatMap(({ ledger }) =>
      ledger.neighbours.length > 0
        ? Effect.succeed(ledger)
        : withoutVouchers(`the journal in ${directory} knows no neighbour`),
    ),
    Effect.catch(({ words }) => withoutVouchers(`the journal cannot be read (${words})`)),
  );
};

const round = Effect.fnUntraced(function* (
  session: ChainSession,
  config: Config,
  ledger: Ledger,
  dryRun: boolean,
) {
  const attempt = <A>(ask: () => Promise<A>) =>
    Effect.tryPromise({
      try: ask,
      catch: (error) =>
        new ChainRefused({
          problem: "chain",
          words: error instanceof Error ? error.message : String(error),
        }),
    });
  const { facts, now } = yield* attempt(() => session.look(config.neighbours.map(({ id }) => id)));
  const lines: Line[] = [];
  for (const neighbour of config.neighbours) {
    const fact = facts.find(({ peer }) => peer === neighbour.id);
    if (fact === undefined) continue;
    const step = stepOf(config, neighbour, ledger, fact, now);
    const { status } = fact.outlook;
    const known = { neighbour: neighbour.name, status, step: step?.type };
    if (step === undefined || step.type === "AskPermit" || step.type === "AskToEnd") {
      const until =
        status === "closing" ? `the notice ends at ${fact.outlook.closeAt}` : "nothing to do";
      lines.push({ ...known, step: undefined, outcome: until });
      continue;
    }
    const outcome = yield* attempt<unknown>(() =>
      dryRun ? session.rehearse(neighbour.id, step) : session.perform(neighbour.id, step),
    ).pipe(
      Effect.map((found) => (typeof found === "string" ? found : toJson(found))),
      Effect.catch(({ words }) => Effect.succeed(words)),
    );
    lines.push({ ...known, outcome });
  }
  return lines;
});

function stepOf(
  config: Config,
  neighbour: NeighbourConfig,
  ledger: Ledger,
  fact: ChannelFact,
  now: bigint,
) {
  const unwished = { reopen: false, deposit: undefined, topUp: undefined };
  const policy = policyOf(config, neighbour, { wanted: "closed alone", ...unwished }, undefined);
  const known = ledger.neighbours.find(({ id }) => id === neighbour.id);
  const { peer, final, outlook, ...channel } = fact;
  const isCurrent = known?.channel?.channelId === fact.channelId;
  const books: Pick<NeighbourLedger, "channel" | "dealings" | "signed" | "credited" | "held"> =
    isCurrent
      ? { ...known, channel }
      : {
          channel,
          dealings: noDealings(),
          signed: undefined,
          credited: undefined,
          held: undefined,
        };
  return nextStep(books, fact, policy, now);
}
