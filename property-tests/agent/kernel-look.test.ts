import { expect, test } from "vitest";
import type { CounterReading } from "#adapters/counters/counters.ts";
import { blueprint } from "#agent/agent/blueprint.ts";
import { finalInputs, lookInputs } from "#agent/agent/kernel-look.ts";
import { readConfigText } from "#agent/config/config-reader.ts";
import type { Node } from "#core/node/node.ts";
import { step } from "#core/node/step.ts";
import { livelyPair } from "../core/lively-pair.ts";
import { nodeAt } from "../simulator/line-world.ts";

const tunnelKey = Buffer.alloc(32, 7).toString("base64");

/** A node that trades, and the paid tunnel to its neighbour. */
function trading() {
  const world = livelyPair();
  const { node } = nodeAt(world, 0);
  const neighbour = { name: "b", id: nodeAt(world, 1).signer.id, tunnel_key: tunnelKey };
  const reading = readConfigText(
    JSON.stringify({ neighbours: [{ ...neighbour, listen_port: "51000" }] }),
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const plan = blueprint(node.signer.id, reading.config);
  const interfaceName = plan.neighbours[0]?.interfaces[1];
  if (interfaceName === undefined) throw new Error("no paid tunnel");
  return { node, plan, interfaceName };
}

test("a peer that somebody else adds to our interface is not billed to the neighbour", () => {
  const { node, plan, interfaceName } = trading();
  const counter = (peerKey: string, sent: bigint): CounterReading => {
    return { interfaceName, interfaceIndex: 9, peerKey, sent, received: 0n, lastHandshake: 0n };
  };
  const stranger = counter(Buffer.alloc(32, 8).toString("base64"), 1_000_000n);
  const inputs = lookInputs(node, plan, "boot", [stranger, counter(tunnelKey, 42n)]);
  expect(inputs[0]).toMatchObject({ type: "Readings", readings: [{ class: 1, sent: 42n }] });
  const alone = lookInputs(node, plan, "boot", [stranger]);
  expect(alone[0]).toEqual({ type: "Readings", readings: [] });
});

test("what an interface counted at its end is a last reading of it, and of no other one", () => {
  const { node, plan, interfaceName } = trading();
  const look = (before: Node, interfaceIndex: number, sent: bigint, received: bigint): Node => {
    const one = { interfaceName, interfaceIndex, peerKey: tunnelKey, lastHandshake: 0n };
    const all = lookInputs(before, plan, "boot", [{ ...one, sent, received }]);
    // A counter that is new is believed when it is read twice (T18).
    return [...all, ...all].reduce((now, input) => step(now, input).node, before);
  };
  const ending = (interfaceIndex: number, sent: bigint, received: bigint) => ({
    ...{ interfaceName, interfaceIndex, sent, received },
  });
  const read = look(node, 9, 5n, 3n);
  const [last, ...none] = finalInputs(read, plan, "boot", [ending(9, 6n, 4n)]);
  expect(none).toEqual([]);
  expect(last).toMatchObject({
    type: "Readings",
    readings: [{ class: 1, sent: 6n, received: 4n }],
  });

  const later = look(read, 10, 0n, 0n);
  expect(finalInputs(later, plan, "boot", [ending(9, 6n, 4n)])).toEqual([]); // it came too late
  expect(finalInputs(read, plan, "boot", [ending(8, 6n, 4n)])).toEqual([]);
  expect(finalInputs(read, plan, "another boot", [ending(9, 6n, 4n)])).toEqual([]);
  expect(finalInputs(read, plan, "boot", [ending(9, 4n, 4n)])).toEqual([]); // behind what is known
  expect(finalInputs(read, plan, "boot", [{ ...ending(9, 6n, 4n), interfaceName: "lo" }])).toEqual(
    [],
  );
});
