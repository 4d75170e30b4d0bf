import { agentPair } from "../../agent-pair.ts";
import {
  median,
  type NarrowCable,
  rateNow,
  tcOfSender,
  waitingUnderLoad,
} from "../../rate-under-load.ts";
import { report } from "./report.ts";

/** What the cable really carries, in bits a second, and packets that wait in front of it: half a second. */
const cable = { rate: 1_000_000, packets: 60 } as const;

/** Twice that is sent. */
const load: NarrowCable = { kind: "netem", seconds: 40, looked: 12, datagrams: 5, every: 20 };

const terms = {
  link_rate: "4Mbit",
  credit_limit: "0.02 USDC",
  free_rate: "64kbit",
  poke_interval: "1000",
} as const;
const least = 250_000;

/** A neighbour's link is slower than was written: netem's queue fills, unless the rate follows the delay. */
export async function measureAutoRate(): Promise<object> {
  const [, , , program = "dist/agent.cjs"] = process.argv;
  const pair = await agentPair(() => ({}), program);
  try {
    const shape = ["netem", "rate", `${cable.rate}`, "limit", `${cable.packets}`];
    tcOfSender(pair, "qdisc", "add", "dev", "cable", "root", ...shape);
    const written = await waitingUnderLoad(pair, load, terms);
    report({ step: "at the written rate", waiting: written });
    for (const name of ["a", "b"] as const) await pair.signal(name, "SIGTERM");
    const changes = { ...terms, link_rate_least: `${least / 1000}kbit` };
    const following = await waitingUnderLoad(pair, load, changes);
    const rate = rateNow(pair);
    report({ step: "where it follows", waiting: following, rate });
    const waiting = { written: median(written), following: median(following) };
    const bounded = rate >= least && rate < cable.rate * 1.1;
    const passed = waiting.written > 10_000 && waiting.following * 3 < waiting.written && bounded;
    return { passed, unit: "bytes that wait", waiting, rate, cable, least };
  } finally {
    await pair.close();
  }
}
