import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { fileKeys } from "#adapters/keys/file-keys.ts";
import { Keys } from "#adapters/keys/keys.ts";
import { controlPath } from "#agent/agent/control-socket.ts";
import { bundleRouter } from "#agent/packaging/router-bundle.ts";
import type { LoadPlan } from "../../bench/router/load-plan.ts";
import { addresses, configText } from "../../bench/router/router-stage.ts";
import { seeded } from "../../nightly/acknowledged.ts";
import { bootMachine } from "../../nightly/machine.ts";
import type { MachineImage } from "../../nightly/machine-image.ts";
import { failingFlash, machineKernel } from "../../nightly/machine-kernel.ts";
import type { Workplace } from "../../nightly/workplace.ts";
import { sweepLabSockets } from "../../tunnel/lab-sockets.ts";
import { layCable, removeCable } from "./machine-cable.ts";
import { type OutsideNeighbour, outsideNeighbour } from "./outside-neighbour.ts";
import { flash, type LifePlaces, lifeScript, type PowerCut } from "./power-cut-guest.ts";
import { type ShownJournal, shownJournal } from "./shown-journal.ts";
import type { WireAccount } from "./wire-neighbours.ts";

/** So often the power fails, below how many writes to flash, and by which draws. */
const cuts = 4;
const operations = 60;
const seed = 11;

/** What a torn write leaves is drawn below this. */
const tearings = 2 ** 31;

/** Terms by which a few hundred kilobytes come to many payments, and so to many writes. */
const terms = {
  pay_threshold: "0.000005 USDC",
  credit_limit: "0.0001 USDC",
  price_cap: "0.20/GB",
  reservation: "650kB",
  read_chunk: "50kB",
  round_trip: "100kB",
  link_rate: "4Mbit",
} as const;

/** Milliseconds between two looks of the agents, and what is offered in that time, in bytes. */
const interval = 2000;
const perTick = 48_000;

/** Looks of the last life with traffic and, for all that was said to arrive, without. */
const looks = { traffic: 30, quiet: 15 } as const;

const mountPoint = "/flash";

/** What every life needs. */
interface Scene {
  readonly workplace: Workplace;
  readonly image: MachineImage;
  readonly megabytes: number;
  readonly home: string;
  readonly namespace: string;
  readonly places: LifePlaces;
  readonly neighbour: OutsideNeighbour;
  readonly told: (line: unknown) => void;
}

/** What became of one life. */
interface Life {
  readonly cut: PowerCut | undefined;
  /** The journal before the agent started, and as it was shown last. */
  readonly found: ShownJournal;
  readonly last: ShownJournal;
  /** What the neighbour held before it, and after it: all that counts is signed by the router. */
  readonly before: WireAccount;
  readonly after: WireAccount;
  /** Whether all that the router had said before was in its journal. */
  readonly kept: boolean;
}

/**
 * The packaged agent with its journal on UBIFS, on memory that outlives the machine; its neighbour outside
 * pays it over a real cable. The machine is off in the middle of a write, again and again.
 */
export async function powerCutMachine(
  workplace: Workplace,
  image: MachineImage,
  megabytes: number,
  told: (line: unknown) => void,
): Promise<{ readonly passed: boolean } & Readonly<Record<string, unknown>>> {
  const home = workplace.directory("power-cut");
  const bundle = join(home, "bundle");
  await bundleRouter(bundle);
  const tag = process.pid.toString(36).slice(-3);
  const namespace = `pkw-${tag}`;
  const prefix = `w${tag}`; // with a number behind it, an interface prefix has six letters at most
  const { plan, config } = await furnish(home, prefix);
  const module = failingFlash(machineKernel(), join(home, "module"));
  layCable(namespace);
  let laid = true;
  const remove = (): void => {
    if (laid) removeCable(namespace, prefix);
    laid = false;
  };
  workplace.undo(remove);
  const neighbour = await outsideNeighbour(workplace, namespace, plan);
  try {
    const places = { bundle, config, module, mountPoint };
    const scene = { workplace, image, megabytes, home, namespace, places, neighbour, told };
    return judged(await allLives(scene));
  } finally {
    neighbour.end();
    remove();
    await pause(500);
    await sweepLabSockets(prefix);
  }
}

/** Keys, the configuration, and flash that was never written. */
async function furnish(home: string, prefix: string) {
  const keys = await Effect.runPromise(
    Effect.map(Keys, (it) => it).pipe(Effect.provide(fileKeys(join(home, "keys")))),
  );
  const journal = join(mountPoint, "journal");
  const config = join(home, "config.json");
  const text = configText(1, interval, { home, journal, prefix: "rt" }, terms);
  writeFileSync(config, text, { mode: 0o600 });
  writeFileSync(join(home, "flash"), Buffer.alloc(flash.size, 0xff));
  const plan: LoadPlan = {
    ...{ prefix, neighbours: 1, interval, perTick, terms },
    router: {
      id: keys.nodeId,
      tunnelKey: keys.tunnelPublicKey,
      address: addresses.router,
      control: controlPath(journal),
    },
  };
  return { plan, config };
}

async function allLives(scene: Scene): Promise<readonly Life[]> {
  const next = seeded(seed);
  const all: Life[] = [];
  for (let i = 0; i <= cuts; i++) {
    const drawn = { operations: 1 + next(operations), seed: 1 + next(tearings) };
    const one = await live(scene, i < cuts ? drawn : undefined);
    scene.told({ life: i, ...texts(one) });
    all.push(one);
  }
  return all;
}

/** A line of the machine: its journal, packed. */
interface Shown {
  readonly phase: "found" | "running";
  readonly journal: string;
}

/** From a start to the next power cut, or without one until everything said has arrived. */
async function live(scene: Scene, cut: PowerCut | undefined): Promise<Life> {
  const { home, neighbour } = scene;
  const before = await neighbour.pass(1, false);
  const shown = await shownInLife(scene, cut);
  const after = await neighbour.pass(1, false);
  const first = shown[0];
  if (first === undefined) throw new Error("the machine was off before it had shown its journal");
  const directory = join(home, "shown");
  const found = await shownJournal(directory, first.journal);
  const last = await shownJournal(directory, shown.at(-1)?.journal ?? first.journal);
  const kept =
    found.granted >= BigInt(before.leased) &&
    found.signed >= BigInt(before.credited) &&
    found.credited <= BigInt(before.signed);
  return { cut, found, last, before, after, kept };
}

async function shownInLife(
  { workplace, image, megabytes, home, namespace, places, neighbour, told }: Scene,
  cut: PowerCut | undefined,
): Promise<readonly Shown[]> {
  const script = join(home, `life-${cut?.seed ?? "last"}.sh`);
  writeFileSync(script, lifeScript(places, cut));
  const machine = bootMachine(workplace, image, {
    guest: [script],
    megabytes,
    memory: { path: join(home, "flash"), size: flash.size },
    cable: { namespace, tap: "cable" },
    plug: true,
  });
  const shown: Shown[] = [];
  let over = false;
  const watching = (async () => {
    for await (const line of machine.lines as AsyncIterable<Shown>) {
      shown.push(line);
      told({ phase: line.phase, letters: line.journal.length });
    }
  })().finally(() => {
    over = true;
  });
  watching.catch(() => {}); // told below
  const runs = () => shown.some(({ phase }) => phase === "running");
  while (!over && !(cut === undefined && runs())) await neighbour.pass(1, true);
  if (cut === undefined && !over) {
    await neighbour.pass(looks.traffic, true);
    await neighbour.pass(looks.quiet, false);
    // The one under way may be older.
    for (const many = shown.length + 2; !over && shown.length < many; ) await pause(500);
    await machine.kill();
  }
  await watching;
  return shown;
}

/** T20: when all messages have arrived, both hold v = w and g = G. */
function judged(lives: readonly Life[]) {
  const end = lives.at(-1);
  const agree =
    end !== undefined &&
    end.last.credited === BigInt(end.after.signed) &&
    end.last.granted === BigInt(end.after.leased) &&
    end.last.read <= BigInt(end.after.sent);
  const objections = lives.flatMap(({ found, last }) => [...found.objections, ...last.objections]);
  const kept = lives.every((one) => one.kept);
  // Something was there to be lost at each cut but the first, and the last life was paid more.
  const lived = lives.slice(2).every(({ found }) => found.events > 0);
  const paid = end !== undefined && end.last.credited > end.found.credited;
  const passed = kept && agree && lived && paid && objections.length === 0;
  return { passed, cuts, seed, kept, agree, lived, paid, objections, lives: lives.map(texts) };
}

/** What is told of a life. */
function texts({ cut, found, last, before, after, kept }: Life) {
  const written = ({ events, granted, credited, read, signed }: ShownJournal) => ({
    ...{ events, granted: `${granted}`, credited: `${credited}` },
    ...{ read: `${read}`, signed: `${signed}` },
  });
  return { cut, kept, before, found: written(found), last: written(last), after };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
