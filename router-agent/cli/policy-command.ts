import { readFileSync } from "node:fs";
import * as Clock from "effect/Clock";
import * as Console from "effect/Console";
import * as Argument from "effect/cli/Argument";
import * as Command from "effect/cli/Command";
import * as Flag from "effect/cli/Flag";
import * as Effect from "effect/Effect";
import * as Option from "effect/Option";
import { askAgent, ControlError, controlPath } from "#agent/agent/control-socket.ts";
import { toJson } from "#agent/agent/facts.ts";
import type { Config } from "#agent/config/config.ts";
import { readDocument, writeDocument } from "#agent/policy/policy-document.ts";
import { policyInForce } from "#agent/policy/policy-keeper.ts";
import { loadDecision, readText, replaceText, saveDecision } from "#agent/policy/policy-store.ts";
import { plainPolicy, readPolicyText } from "#agent/policy/policy-text.ts";
import { policyVerdict, refusalText } from "#agent/policy/policy-verdict.ts";
import type { NetworkPolicy, PolicyRefusal } from "#core/enforcement/network-policy.ts";
import { signNetworkPolicy } from "#core/enforcement/network-policy-form.ts";
import { configFlag, jsonFlag, loadConfig } from "./config-source.ts";
import { ownKeys } from "./own-keys.ts";

const fileArgument = Argument.String("file").pipe(
  Argument.withDescription("A signed policy, as `policy sign` writes it"),
);

const refused = (words: string) => new ControlError({ problem: "refused", words });

/** A signed policy in a file. */
const documentIn = Effect.fnUntraced(function* (path: string) {
  const text = yield* readText(path);
  if (text === undefined) return yield* refused(`${path} does not exist`);
  const read = readDocument(text);
  if (typeof read === "string") return yield* refused(`${path} is refused: ${refusalText(read)}`);
  return read;
});

const verdictOn = Effect.fnUntraced(function* (config: Config, policy: NetworkPolicy) {
  const decided = yield* loadDecision(config.journal.directory).pipe(
    Effect.catch(() => Effect.succeed(undefined)),
  );
  const now = (yield* Clock.currentTimeMillis) / 1000;
  return policyVerdict(config, decided?.policy, policy, now);
});

const show = Command.make(
  "show",
  { file: Argument.optional(fileArgument), config: configFlag, json: jsonFlag },
  Effect.fn(function* ({ file, config: path, json }) {
    const config = yield* loadConfig(path);
    if (Option.isSome(file)) {
      const policy = yield* documentIn(file.value);
      const refusal = yield* verdictOn(config, policy);
      return yield* tell(policy, wordsOf(refusal), refusal, json);
    }
    // What is followed is taken by the agent: to look changes nothing.
    const mode = config.policy.mode === "follow" ? "ask" : config.policy.mode;
    const found = yield* policyInForce({ ...config, policy: { ...config.policy, mode } });
    yield* tell(found.inForce, found.words, undefined, json);
  }),
).pipe(Command.withDescription("Show the policy in force, or one in a file and what we say of it"));

function wordsOf(refusal: PolicyRefusal | undefined): string {
  return refusal === undefined ? "it may be accepted" : refusalText(refusal);
}

const tell = (
  policy: NetworkPolicy | undefined,
  words: string,
  refusal: PolicyRefusal | undefined,
  json: boolean,
) => {
  const plain = policy === undefined ? null : plainPolicy(policy);
  if (json) return Console.log(toJson({ policy: plain, refusal: refusal ?? null, words }));
  const lines = Object.entries(plain ?? {}).map(([key, value]) => {
    const text = typeof value === "object" ? toJson(value) : String(value);
    return `${key.padEnd(10)} ${text}`;
  });
  return Console.log([...lines, words].join("\n"));
};

/** Decided by the operator; a running agent acts on it at once, another one at its start. */
const decide = Effect.fnUntraced(function* (
  config: Config,
  standing: "accepted" | "refused",
  policy: NetworkPolicy,
) {
  yield* saveDecision(config.journal.directory, { standing, policy });
  const told = askAgent(controlPath(config.journal.directory), ["policy"]);
  const answer = yield* Effect.result(told);
  const after =
    answer._tag === "Success"
      ? "the agent acts on it"
      : answer.failure.problem === "absent"
        ? "in force from the next start on"
        : answer.failure.words;
  yield* Console.log(`policy ${policy.serial} of ${policy.name} is ${standing}: ${after}`);
});

const accept = Command.make(
  "accept",
  { file: fileArgument, config: configFlag },
  Effect.fn(function* ({ file, config: path }) {
    const config = yield* loadConfig(path);
    const policy = yield* documentIn(file);
    if (config.policy.mode === "off") return yield* refused("`policy` is off in the configuration");
    const refusal = yield* verdictOn(config, policy);
    if (refusal !== undefined) return yield* refused(`${file} is refused: ${refusalText(refusal)}`);
    yield* decide(config, "accepted", policy);
  }),
).pipe(Command.withDescription("Put an organiser's policy in force on this node"));

const refuse = Command.make(
  "refuse",
  { file: Argument.optional(fileArgument), config: configFlag },
  Effect.fn(function* ({ file, config: path }) {
    const config = yield* loadConfig(path);
    if (Option.isSome(file)) {
      const policy = yield* documentIn(file.value);
      // What could never be accepted must not stand in the way of what can.
      const refusal = yield* verdictOn(config, policy);
      const signed = refusal !== "forged policy" && refusal !== "another organiser";
      const newer = refusal !== "older policy" && refusal !== "two policies of one serial";
      if (!signed || !newer) return yield* refused(`${file.value}: ${wordsOf(refusal)}`);
      return yield* decide(config, "refused", policy);
    }
    const decided = yield* loadDecision(config.journal.directory);
    if (decided === undefined)
      return yield* refused("no policy was accepted: there is none to refuse");
    yield* decide(config, "refused", decided.policy);
  }),
).pipe(Command.withDescription("Refuse a policy, or the one in force: our own values hold again"));

const sign = Command.make(
  "sign",
  {
    from: Flag.String("from").pipe(
      Flag.withDescription("What it says, as JSON: docs/organiser.md"),
    ),
    to: Flag.String("to").pipe(Flag.withDescription("Where the signed policy is written")),
    config: configFlag,
    json: jsonFlag,
  },
  Effect.fn(function* ({ from, to, config: path, json }) {
    const config = yield* loadConfig(path);
    const text = yield* Effect.try({
      try: () => readFileSync(from, "utf8"),
      catch: () => refused(`${from} cannot be read`),
    });
    const policy = text.length > 65_536 ? "longer than 65536 characters" : readPolicyText(text);
    if (typeof policy === "string") return yield* refused(`${from} is refused: ${policy}`);
    const { signer } = yield* ownKeys(config);
    const signed = signNetworkPolicy(signer, policy);
    yield* replaceText(to, writeDocument(signed), 0o644);
    yield* tell(signed, `signed: ${to}`, undefined, json);
  }),
).pipe(Command.withDescription("As the organiser: sign a policy with this node's key"));

/** `policy`: what the organiser of the network proposes, and what we make of it. */
export const policyCommand = Command.make("policy").pipe(
  Command.withDescription("Show, accept or refuse the organiser's policy, or sign one"),
  Command.withSubcommands([show, accept, refuse, sign]),
);
