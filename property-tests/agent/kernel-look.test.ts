import { expect, test } from "vitest";
import type { CounterReading } from "#adapters/counters/counters.ts";
import { blueprint } from "#agent/agent/blueprint.ts";
import { lookInputs } from "#agent/agent/kernel-look.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import { livelyPair } from "../core/lively-pair.ts";
import { nodeAt } from "../simulator/line-world.ts";

test("a peer that somebody else adds to our interface is not billed to the neighbour", () => {
  const world = livelyPair();
  const { node } = nodeAt(world, 0);
  const tunnelKey = Buffer.alloc(32, 7).toString("base64");
  const neighbour = { name: "b", id: nodeAt(world, 1).signer.id, tunnel_key: tunnelKey };
  const reading = readConfigText(
    JSON.stringify({ neighbours: [{ ...neighbour, listen_port: "51000" }] }),
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const plan = blueprint(node.signer.id, reading.config);
  const interfaceName = plan.neighbours[0]?.interfaces[1];
  if (interfaceName === undefined) throw new Error("no paid tunnel");
  const counter = (peerKey: string, sent: bigint): CounterReading => {
    return { interfaceName, interfaceIndex: 9, peerKey, sent, received: 0n, lastHandshake: 0n };
  };
  const stranger = counter(Buffer.alloc(32, 8).toString("base64"), 1_000_000n);
  const inputs = lookInputs(node, plan, "boot", [stranger, counter(tunnelKey, 42n)]);
  expect(inputs[0]).toMatchObject({ type: "Readings", readings: [{ class: 1, sent: 42n }] });
  const alone = lookInputs(node, plan, "boot", [stranger]);
  expect(alone[0]).toEqual({ type: "Readings", readings: [] });
});
