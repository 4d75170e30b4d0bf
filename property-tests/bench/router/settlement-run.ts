import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import { askAgent, controlPath } from "#agent/agent/control-socket.ts";
import { openDemoChain } from "#agent/demo/demo-chain.ts";
import { daemonWords } from "#agent/packaging/launch.ts";
import { type Memory, measuredAgent } from "./measured-agent.ts";
import type { RouterStage } from "./router-stage.ts";

/** What an agent takes while it opens a channel with each neighbour on a real chain, kilobytes. */
export interface SettlementRun extends Memory {
  readonly goal: number;
}

const goal = 64_000;

/** So long the agent is watched, in milliseconds: loading, looks, and transactions for all neighbours. */
const watched = 30_000;

/**
 * Runs the agent with a chain beside it; the neighbours know of no chain and answer as ever. Its
 * journal is another one, so this comes last: to the neighbours it is a router that lost its disk.
 */
export async function settlementRun(stage: RouterStage, bundle: string): Promise<SettlementRun> {
  const chain = await openDemoChain();
  try {
    const socket = join(stage.home, "chain.sock");
    await chain.listenAt(socket);
    const settings = JSON.parse(readFileSync(stage.config, "utf8")) as {
      readonly neighbours: readonly object[];
    };
    const journal = join(stage.home, "journal-on-chain");
    const config = join(stage.home, "on-chain.json");
    const neighbours = settings.neighbours.map((one) => ({ ...one, deposit_out: "1 USDC" }));
    writeFileSync(
      config,
      JSON.stringify({ ...settings, ...chain.settings(socket), journal, neighbours }),
      { mode: 0o600 },
    );
    const agent = await measuredAgent(daemonWords(config, bundle), controlPath(journal), {
      namespace: stage.namespace,
    });
    const { node } = (await Effect.runPromise(askAgent(controlPath(journal), ["status"]))) as {
      readonly node: string;
    };
    await chain.fund([node]);
    let most = agent.memory();
    for (const began = performance.now(); performance.now() - began < watched; ) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const now = agent.memory();
      if (now.resident > most.resident) most = now;
    }
    await agent.kill();
    if ((await chain.held()) === 0n) throw new Error("the agent opened no channel");
    return { ...most, goal };
  } finally {
    await chain.close();
  }
}
