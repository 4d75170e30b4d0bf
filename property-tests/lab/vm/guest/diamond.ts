import { type DiamondCheck, playDiamond } from "#agent/demo/diamond-demo.ts";
import { diamondNames } from "#agent/demo/diamond-network.ts";
import { report } from "./report.ts";

/** What four agents and four babelds on one slow processor have time for. */
const slow = { poke_interval: "4000" } as const;

/**
 * The demo's diamond on the kernel's own WireGuard: agents of the bundle, a babeld each, a price that
 * moves the route and moves it back, a cable that is pulled, an agent that leaves.
 */
export async function playSlowDiamond(): Promise<object> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  const checks: DiamondCheck[] = [];
  const check = (one: DiamondCheck): void => {
    checks.push(one);
    report(one);
  };
  const say = (words: string) => report({ step: words });
  const changes = Object.fromEntries(diamondNames.map((name) => [name, slow]));
  const curtain = new AbortController().signal;
  const play = { program, changes, rate: 30_000, lookTime: 3000, patience: 240_000 };
  const passed = await playDiamond({ say, check }, curtain, play);
  return { passed, checks };
}
