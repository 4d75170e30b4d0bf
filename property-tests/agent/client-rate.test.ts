import { expect, test } from "vitest";
import { tunnelQueues } from "#adapters/queueing/tunnel-queues.ts";
import { blueprint } from "#agent/agent/blueprint.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import type { NodeId } from "#core/units/node-id.ts";

const id = (digit: string) => `02${digit.repeat(64)}`;

function planOf(client: Readonly<Record<string, string>>) {
  const neighbours = ["a", "b"].map((name, i) => ({
    name,
    id: id(name),
    tunnel_key: Buffer.alloc(32, i + 1).toString("base64"),
    listen_port: `${51_820 + 10 * i}`,
    delivery: "exit",
    ...(name === "a" ? client : {}),
  }));
  const reading = readConfigText(JSON.stringify({ neighbours }));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return blueprint(id("c") as NodeId, reading.config);
}

test("each client of an exit is shaped to its own rate where its packets are not encrypted yet, and its flows take turns", () => {
  const [slow, usual] = planOf({ delivery_rate: "5Mbit" }).neighbours;
  if (slow === undefined || usual === undefined) throw new Error("no neighbours");
  expect([slow.queue.linkRate, usual.queue.linkRate]).toEqual([5_000_000n, 20_000_000n]);
  const tree = tunnelQueues(false, slow.queue, "open", "fq_codel");
  const whole = tree.find(({ id: part }) => part === "1:1");
  expect(whole?.settings).toMatchObject({ ceil: 625_000n });
  expect(tree.find(({ id: part }) => part === "20:")?.kind).toBe("fq_codel");
});
