import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { growthUnit } from "#core/account/terms.ts";
import { skipsLab } from "./lab.ts";
import {
  injectedDelay,
  lossBytes,
  type MarketStage,
  marketStage,
  type Place,
} from "./market-stage.ts";

const skipped = skipsLab();

/** Waits until something holds; the runner's own time limit ends a wait in vain. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** L and the tariff of x, in grains: what the stage writes as 0.0004 USDC and 0.10/GB. */
const credit = 400_000_000_000_000n;
const tariff = 100_000_000n;

/** The default of `loss_share`, in millionths. */
const lossShare = 20_000n;

describe.skipIf(skipped)("two exits and two clients on the real kernel", () => {
  let stage: MarketStage;
  /** What c1 had got by y before x began to lose. */
  let carriedBefore = 0n;
  beforeAll(async () => {
    stage = await marketStage();
    await stage.start();
  }, 180_000);
  afterAll(() => stage?.close());

  const exit = async (client: "c1" | "c2", name: "x" | "y") => {
    const found = (await stage.exits(client)).find((one) => one.exit === name);
    if (found === undefined) throw new Error(`${client} knows no exit ${name}`);
    return found;
  };
  const takes = async (client: "c1" | "c2") =>
    (await stage.exits(client)).find(({ taken }) => taken)?.exit;
  const delivery = async (place: Place, other: Place) => {
    const { neighbours, names } = await stage.status(place);
    const name = (id: string) => (names as Readonly<Record<string, string>>)[id];
    const found = neighbours
      .find(({ id }) => name(id) === other)
      ?.accounts.find((account) => account.delivery);
    if (found === undefined) throw new Error(`${place} has no delivery with ${other}`);
    return found;
  };
  /** Downloads by x until it is left; tells what it sent until then, what came of it, and why. */
  const untilLeft = async (client: "c1") => {
    const sentBefore = BigInt((await delivery("x", client)).position);
    const { failures, received } = await exit(client, "x");
    const isLeft = async () => (await exit(client, "x")).failures > failures;
    let sentUntil: bigint | undefined;
    while (sentUntil === undefined) {
      let running = true;
      const download = stage.download(client, 2000).then(() => {
        running = false;
      });
      while (running && !(await isLeft())) await new Promise((resolve) => setTimeout(resolve, 20));
      if (await isLeft()) sentUntil = BigInt((await delivery("x", client)).position) - sentBefore;
      await download;
    }
    await eventually(async () => (await takes(client)) === "y");
    const after = await exit(client, "x");
    const sent = BigInt((await delivery("x", client)).position) - sentBefore;
    const failure = after.failure ?? { sent: "0", lost: "0" };
    return { sentUntil, sent, arrived: BigInt(after.received) - BigInt(received), failure };
  };
  /** What the client has signed to x, and the most that what arrived bears out. */
  const payment = async (client: "c1") => {
    const { settled, position } = await delivery(client, "x");
    const received = BigInt(position);
    const most = (received + (received * lossShare) / growthUnit + lossBytes) * tariff;
    return { signed: BigInt(settled), most };
  };
  const ppm = (part: bigint, whole: bigint) => (whole === 0n ? 0n : (part * 1_000_000n) / whole);

  test("both clients take the cheaper exit, and pay what it delivers", async () => {
    for (const client of ["c1", "c2"] as const) {
      await eventually(async () => (await takes(client)) === "x");
    }
    // Before there is traffic: what waits in queues is no delay of the way.
    const measured = async () => BigInt((await exit("c1", "y")).delay ?? "0");
    await eventually(async () => (await measured()) < BigInt(2 * injectedDelay) * 1000n);
    const delay = await measured();
    console.log(`delay injected ${injectedDelay} ms, measured ${delay} us one way`);
    expect(delay).toBeGreaterThanOrEqual(BigInt(injectedDelay) * 1000n);
    await stage.download("c1", 2000);
    await eventually(async () => {
      await stage.ask("x", "settle");
      await stage.ask("c1", "settle");
      return BigInt((await delivery("x", "c1")).settled) >= 2_000_000n * tariff;
    });
    expect(await exit("c1", "x")).toMatchObject({ failures: 0, rank: "1000" });
  });

  test("an exit that begins to lose a fifth is left, and paid no more than arrived and the band", async () => {
    const rule = `ip saddr ${stage.address("x")} ip daddr ${stage.address("c1")} numgen random mod 100 < 20 drop`;
    carriedBefore = BigInt((await exit("c1", "y")).received);
    stage.lose("g", "chain c {", "type filter hook forward priority 0;", rule, "}");
    const { sentUntil, sent, arrived, failure } = await untilLeft("c1");
    stage.lose("g");
    const [lost, whole] = [BigInt(failure.lost), BigInt(failure.sent)];
    console.log(
      `loss injected 20 %: left after ${sentUntil} bytes; of ${sent} in all ${ppm(sent - arrived, sent)} ppm missing, beyond doubt when it was left ${ppm(lost, whole)} ppm of ${whole}`,
    );
    expect(lost).toBeGreaterThan(0n);
    expect(lost).toBeLessThanOrEqual(sent - arrived + lossBytes);
    const { signed, most } = await payment("c1");
    console.log(`signed ${signed} grains, at most ${most}`);
    expect(signed).toBeLessThanOrEqual(most);
  });

  test("it is taken again once the other one has carried as much as its rest", async () => {
    while ((await takes("c1")) !== "x") await stage.download("c1", 500);
    const carried = BigInt((await exit("c1", "y")).received) - carriedBefore;
    console.log(`back after ${carried} bytes by the other exit`);
    expect(carried).toBeGreaterThanOrEqual(2_000_000n);
    expect(await exit("c1", "x")).toMatchObject({ rest: "0", strikes: "1" });
  });

  test("an exit that states what it never puts on the wire is paid no more than arrived and the band, and left", async () => {
    const rule = `iifname "to-x" ip daddr ${stage.address("c1")} numgen random mod 100 < 50 drop`;
    stage.lose("g", "chain c {", "type filter hook prerouting priority 0;", rule, "}");
    const { sentUntil, sent, arrived } = await untilLeft("c1");
    stage.lose("g");
    const { signed, most } = await payment("c1");
    console.log(
      `left after ${sentUntil} bytes; billed ${sent}, ${arrived} arrived: signed ${signed} grains, at most ${most}`,
    );
    expect(signed).toBeLessThanOrEqual(most);
    expect(await exit("c1", "x")).toMatchObject({ strikes: "2", taken: false });
  });

  test("a client that reports nothing more is refused further leases: it takes L at most", async () => {
    await stage.ask("c2", "limit-spending", "x", "now");
    for (let i = 0; i < 4; i++) await stage.download("c2", 2000);
    const { exposure, exposureBound, leased, position } = await delivery("x", "c2");
    console.log(`not paid: ${exposure} grains of at most ${exposureBound}`);
    expect(BigInt(exposureBound)).toBe(credit);
    expect(BigInt(exposure)).toBeLessThanOrEqual(credit);
    expect(BigInt(exposure)).toBeGreaterThan((credit * 8n) / 10n);
    await stage.download("c2", 500);
    expect((await delivery("x", "c2")).leased).toBe(leased);
    expect(BigInt(position)).toBeLessThanOrEqual(BigInt(leased));
  });
});
