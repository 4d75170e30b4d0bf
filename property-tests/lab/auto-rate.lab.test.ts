import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentPair, agentPair } from "./agent-pair.ts";
import { skipsLab } from "./lab.ts";
import {
  median,
  type NarrowCable,
  rateNow,
  tcOfSender,
  waitingUnderLoad,
} from "./rate-under-load.ts";

/** What the cable really carries, and the queue in front of it: half a second of bloat. */
const cable = { rate: "3mbit", queue: 200_000 } as const;

/** Eight megabits a second for it. */
const load: NarrowCable = { kind: "bfifo", seconds: 45, looked: 15, datagrams: 5, every: 5 };

const terms = { link_rate: "20Mbit", credit_limit: "0.02 USDC" } as const;

describe.skipIf(skipsLab())("a cable that carries less than link_rate", () => {
  let pair: AgentPair;
  beforeAll(async () => {
    pair = await agentPair();
  });
  afterAll(() => pair?.close());

  test("fills its queue where the rate is what was written, and not where it follows the delay", async () => {
    const tc = (...words: readonly string[]) => tcOfSender(pair, ...words);
    tc("qdisc", "add", "dev", "cable", "root", "handle", "1:", "htb", "default", "1");
    const at = ["dev", "cable", "parent", "1:", "classid", "1:1", "htb", "rate", cable.rate];
    tc("class", "add", ...at);
    const limit = ["bfifo", "limit", String(cable.queue)];
    tc("qdisc", "add", "dev", "cable", "parent", "1:1", "handle", "2:", ...limit);

    const written = median(await waitingUnderLoad(pair, load, terms));
    for (const name of ["a", "b"] as const) await pair.signal(name, "SIGTERM");
    const changes = { ...terms, link_rate_least: "2Mbit" };
    const following = median(await waitingUnderLoad(pair, load, changes));
    const now = rateNow(pair);
    console.log(
      `waiting before the cable: ${written} bytes at the written rate, ${following} where it follows; ${now} bits a second on a cable of ${cable.rate}`,
    );
    expect(written).toBeGreaterThan(30_000); // 80 ms of the cable
    expect(following * 3).toBeLessThan(written);
    expect(now).toBeLessThan(3_300_000);
    expect(now).toBeGreaterThanOrEqual(2_000_000);
  }, 240_000);
});
