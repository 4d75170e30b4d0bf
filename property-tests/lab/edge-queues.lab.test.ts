import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueingOptions } from "../queueing/lab-line.ts";
import { type LabNamespace, labNamespace } from "../tunnel/lab-namespace.ts";
import { skipsLab } from "./lab.ts";

let at: LabNamespace;

/** What this kernel has to offer, best first: without any of them there is nothing to keep. */
function bestHere(): string | undefined {
  return ["cake", "fq_codel", "sfq"].find((kind) => {
    try {
      at.tool("tc", "qdisc", "replace", "dev", "spare", "root", kind);
      return true;
    } catch {
      return false;
    }
  });
}

const shown = (name: string) => at.tool("tc", "qdisc", "show", "dev", name);
const edges = [{ interfaceName: "lan", rate: 50_000_000n }];

describe.skipIf(skipsLab())("queues at the edge of the real kernel", () => {
  beforeEach(() => {
    at = labNamespace("edge", queueingOptions("a"));
    at.tool("ip", "link", "add", "lan", "type", "veth", "peer", "name", "spare");
  });
  afterEach(() => at.remove());

  test("the best queue that the kernel has is there, once, and goes again", async () => {
    const best = bestHere();
    const before = shown("lan");
    const words = await at.ask("applyEdges", edges);
    if (best === undefined) {
      expect(words).toEqual(["this kernel has neither cake nor fq_codel nor sfq"]);
      expect(shown("lan")).toBe(before);
      return;
    }
    expect(words).toEqual([`lan has ${best}`]);
    expect(shown("lan")).toContain(`qdisc ${best} 5a0c: root`);
    if (best === "cake") expect(shown("lan")).toContain("bandwidth 50Mbit");
    expect(await at.ask("applyEdges", edges)).toEqual([]);
    await at.ask("removeEdges", edges);
    expect(shown("lan")).not.toContain("5a0c:");
  });

  test("somebody else's queue stays, and so does an interface that is not there", async () => {
    const best = bestHere();
    at.tool("tc", "qdisc", "replace", "dev", "lan", "root", "handle", "77:", "htb");
    const before = shown("lan");
    const nowhere = { interfaceName: "nowhere", rate: 8000n };
    const words = await at.ask("applyEdges", [...edges, nowhere]);
    if (best !== undefined) {
      expect(words[0]).toContain("lan has a queue of somebody else");
      expect(words[1]).toBe("nowhere is not there");
    }
    await at.ask("removeEdges", edges);
    expect(shown("lan")).toBe(before);
  });
});
