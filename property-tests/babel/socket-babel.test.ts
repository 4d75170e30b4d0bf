import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Scope from "effect/Scope";
import { afterEach, describe, expect, test } from "vitest";
import type { Babel, BabelState } from "#adapters/babel/babel.ts";
import { lineLength } from "#adapters/babel/babel-line.ts";
import { parseFeasibility } from "#adapters/babel/feasibility-dump.ts";
import { type BabelTimes, babelTimes, socketBabel } from "#adapters/babel/socket-babel.ts";
import { babelContract } from "../contracts/babel-contract.ts";
import { type Manners, type PretendBabeld, pretendBabeld } from "./pretend-babeld.ts";

const quick: BabelTimes = { ...babelTimes, leastPause: 5, mostPause: 20, dump: 10, idleDump: 50 };

interface Bench {
  readonly babel: Babel["Service"];
  readonly path: string;
  readonly close: () => Promise<void>;
}

async function watch(
  path: string,
  log: () => string | undefined,
  times: BabelTimes,
  own: { readonly end?: Effect.Effect<void> } = {},
): Promise<Bench> {
  const scope = await Effect.runPromise(Scope.make());
  const options = {
    socket: path,
    ensure: Effect.void,
    feasibility: Effect.sync(() => {
      const text = log();
      return text === undefined ? undefined : parseFeasibility(text);
    }),
    times,
    ...own,
  };
  const babel = await Effect.runPromise(
    Effect.provideService(socketBabel(options), Scope.Scope, scope),
  );
  return { babel, path, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) };
}

function home(): string {
  return mkdtempSync(join(tmpdir(), "meshtoll-babel-"));
}

babelContract("a socket", async () => {
  const directory = home();
  const path = join(directory, "babeld.sock");
  let babeld = await pretendBabeld(path);
  let log: string | undefined;
  const bench = await watch(path, () => log, quick);
  const until = async (state: BabelState) => {
    while (bench.babel.view().state !== state)
      await new Promise((resolve) => setTimeout(resolve, 2));
  };
  await until("up");
  return {
    babel: bench.babel,
    say: (...lines) => babeld.say(...lines),
    dump: (next) => {
      log = next;
    },
    restart: async () => {
      await babeld.end();
      await until("down");
      babeld = await pretendBabeld(path);
    },
    end: () => babeld.end(),
    close: async () => {
      await bench.close();
      await babeld.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});

describe("a babeld that misbehaves", () => {
  const ending: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  async function meet(
    manners: Manners,
    times: Partial<BabelTimes> = {},
  ): Promise<{ readonly babeld: PretendBabeld; readonly babel: Babel["Service"] }> {
    const directory = home();
    const path = join(directory, "babeld.sock");
    const babeld = await pretendBabeld(path, manners);
    const bench = await watch(path, () => undefined, { ...quick, ...times });
    ending.push(
      async () => rmSync(directory, { recursive: true, force: true }),
      babeld.end,
      bench.close,
    );
    return { babeld, babel: bench.babel };
  }
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  test("one that never greets is hung, and is tried again", async () => {
    const { babeld, babel } = await meet({ silentFrom: 0 }, { answer: 20 });
    await until(() => babel.view().state === "hung");
    await until(() => babeld.connections() > 2);
    expect(babel.view().why).toContain("does not answer");
  });

  test("one that greets and then says nothing is hung", async () => {
    const { babel } = await meet({ silentFrom: 1 }, { answer: 20 });
    await until(() => babel.view().state === "hung");
  });

  test("one that hangs later is noticed by its heartbeat, and nothing of it is used any more", async () => {
    const { babeld, babel } = await meet({ silentFrom: 3 }, { answer: 40, heartbeat: 20 });
    babeld.say("add xroute 10.99.0.1/32-0.0.0.0/0 prefix 10.99.0.1/32 from 0.0.0.0/0 metric 0");
    await until(() => babel.view().own.length === 1);
    await until(() => babel.view().state === "hung");
    expect(babel.view().own).toEqual([]);
  });

  test("one of our own that does not answer twice in a row is ended, and not before", async () => {
    const directory = home();
    const path = join(directory, "babeld.sock");
    let babeld = await pretendBabeld(path, { silentFrom: 0 });
    const ended: number[] = [];
    const own = {
      end: Effect.promise(async () => {
        ended.push(babeld.connections());
        await babeld.end();
        babeld = await pretendBabeld(path);
      }),
    };
    const bench = await watch(path, () => undefined, { ...quick, answer: 20 }, own);
    ending.push(
      async () => rmSync(directory, { recursive: true, force: true }),
      () => babeld.end(),
      bench.close,
    );
    await until(() => bench.babel.view().state === "up");
    expect(ended).toEqual([2]);
    expect(babeld.connections()).toBe(1);
  });

  test("one that answers in between has two times again", async () => {
    const directory = home();
    const path = join(directory, "babeld.sock");
    const babeld = await pretendBabeld(path, { silentFrom: 3 });
    let ended = 0;
    const own = { end: Effect.sync(() => void ended++) };
    const bench = await watch(path, () => undefined, { ...quick, answer: 20, heartbeat: 10 }, own);
    ending.push(
      async () => rmSync(directory, { recursive: true, force: true }),
      babeld.end,
      bench.close,
    );
    await until(() => babeld.connections() > 6);
    expect(ended).toBe(0);
  });

  test("nothing but monitor is ever said to it, and what no version understands", async () => {
    const { babeld } = await meet({}, { heartbeat: 5 });
    await until(() => babeld.heard.length > 4);
    expect(new Set(babeld.heard)).toEqual(new Set(["monitor", "alive?"]));
  });

  test("what is no babeld is not listened to", async () => {
    const { babel } = await meet({ greeting: "SSH-2.0-OpenSSH_9\nok\n" });
    await until(() => babel.view().state === "senseless");
  });

  test("that of the Althea dialect is, by its other greeting", async () => {
    const { babel } = await meet({
      greeting: "ALTHEA 0.1\nversion babeld-1.8.0-24-g6335378\nok\n",
    });
    await until(() => babel.view().state === "up");
    expect(babel.view().version).toBe("babeld-1.8.0-24-g6335378");
  });

  test("a line without an end is cut off before it fills the memory", async () => {
    const { babel } = await meet({ greeting: "BABEL 1.0 ".padEnd(100_000, "x") });
    await until(() => babel.view().state === "senseless");
  });

  test("a line that is too long is refused, and those around it are heard", async () => {
    const { babeld, babel } = await meet({});
    await until(() => babel.view().state === "up");
    babeld.say("x".repeat(lineLength + 1), "add interface tollb0 up true");
    await until(() => babel.view().interfaces.size === 1);
    expect(babel.view()).toMatchObject({ state: "up", refused: 1 });
  });
});
