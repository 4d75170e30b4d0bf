import { describe, expect, test } from "vitest";
import { blueprint } from "#agent/agent/blueprint.ts";
import { nodeId } from "#core/units/node-id.ts";
import { accepted, complaints, neighbour, nodeIdOf } from "./config-bench.ts";

describe("options about junk", () => {
  test("say how much is taken, and are on by default", () => {
    expect(accepted("").junk).toEqual({
      share: 50_000n,
      stopBuying: 16_000_000n,
      freeTier: 64_000_000n,
    });
    expect(accepted(`{"junk_share": "100%"}`).junk.share).toBe(1_000_000n);
  });

  test("without a way back, upside down or beyond their limits are refused, and told why", () => {
    expect(complaints(`{"junk_share": "0%"}`)).toContain("no good byte would make up");
    expect(complaints(`{"junk_share": "100.1%"}`)).toContain("0% to 100%");
    const upside = `{"junk_bytes": "2MB", "junk_free_bytes": "1MB"}`;
    expect(complaints(upside)).toContain("buying stops before selling");
    expect(complaints(`{"junk_free_bytes": "1000000000000001"}`)).toContain("1000TB");
    // Of nothing, the defence would be off without a word: 100% is how that is said.
    expect(complaints(`{"junk_bytes": "0", "junk_free_bytes": "0"}`)).toContain("junk_free_bytes");
    expect(accepted(`{"junk_bytes": "0", "junk_free_bytes": "1"}`).junk.freeTier).toBe(1n);
    const many = Array.from({ length: 17 }, (_, i) => `10.0.${i}.0/24`);
    expect(complaints(JSON.stringify({ served: many }))).toContain("at most 16");
  });

  test("ask who began a call only where we pay for what is delivered", () => {
    const drawn = (change: object) => {
      const one = { ...Object(neighbour(1)), ...change };
      const config = accepted(JSON.stringify({ served: ["10.0.0.1/32"], neighbours: [one] }));
      return blueprint(nodeId(nodeIdOf(9)), config).neighbours[0]?.queue.unasked;
    };
    expect(drawn({})).toBeUndefined();
    expect(drawn({ delivery: "exit" })).toBeUndefined();
    expect(drawn({ delivery: "client" })).toEqual({ carrier: 1, served: ["10.0.0.1/32"] });
  });
});
