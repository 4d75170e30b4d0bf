import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Effect from "effect/Effect";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  readRemembered,
  rememberedFile,
  rememberedLimit,
  rememberedSizeLimit,
  writeRemembered,
} from "#agent/agent/remembered-file.ts";
import {
  nameFor,
  portsPerNeighbour,
  portsTaken,
  type RememberedNeighbour,
  withRemembered,
} from "#agent/agent/remembered-neighbour.ts";
import { nodeId } from "#core/units/node-id.ts";
import { accepted, keyOf, nodeIdOf } from "../config/config-bench.ts";

const remembered = (n: number, more: Partial<RememberedNeighbour> = {}): RememberedNeighbour => ({
  id: nodeId(nodeIdOf(n)),
  name: `n${n}`,
  standing: "accepted",
  tunnelKey: keyOf(n),
  replaces: undefined,
  classes: 1,
  listenPort: 52_000 + portsPerNeighbour * n,
  interfaceName: "eth0",
  address: "fe80::1",
  port: 52_000,
  ...more,
});

let room: string;
beforeEach(() => {
  room = mkdtempSync(join(tmpdir(), "remembered-"));
});
afterEach(() => rmSync(room, { recursive: true, force: true }));

const load = () => Effect.runPromise(rememberedFile(room).load);

describe("what discovery found is remembered in a file beside the journal", () => {
  test("it is read as what was written, and nobody else can read it", async () => {
    const all = [remembered(1), remembered(2, { standing: "refused", replaces: keyOf(9) })];
    expect(await load()).toEqual([]);
    await Effect.runPromise(rememberedFile(room).save(all));
    expect(await load()).toEqual(all);
    expect(statSync(join(room, "discovered")).mode & 0o777).toBe(0o600);
  });

  test("a file with one byte altered is put aside, and nobody is remembered", async () => {
    const text = writeRemembered([remembered(1), remembered(2)]);
    const path = join(room, "discovered");
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, turn) => {
        const turned = String.fromCharCode(text.charCodeAt(at) ^ turn);
        expect(readRemembered(text.slice(0, at) + turned + text.slice(at + 1))).toBeUndefined();
      }),
    );
    for (const damaged of [
      text.slice(0, -1),
      `${text}\n`,
      "",
      "x".repeat(rememberedSizeLimit + 1),
    ]) {
      writeFileSync(path, damaged);
      expect(await load()).toEqual([]);
      expect(existsSync(path)).toBe(false);
      expect(readFileSync(`${path}.damaged`, "utf8")).toBe(damaged);
    }
  });

  test("what no agent writes is refused, however good its checksum", () => {
    const bad: readonly Partial<RememberedNeighbour>[] = [
      { name: "../../x" },
      { name: "UPPER" },
      { tunnelKey: "short" },
      { classes: 8 },
      { listenPort: 0 },
      { listenPort: 65_530 },
      { port: 65_536 },
      { interfaceName: "a/b" },
      { address: "10.0.0.1" },
      { address: "fe80::1%eth0" },
      { standing: "owner" as never },
    ];
    for (const change of bad) {
      expect(readRemembered(writeRemembered([remembered(1, change)])), JSON.stringify(change)).toBe(
        undefined,
      );
    }
    expect(readRemembered(writeRemembered([remembered(1), remembered(1)]))).toBeUndefined();
  });

  test("it has a limit", () => {
    const many = Array.from({ length: rememberedLimit + 1 }, (_, i) => remembered(i + 1));
    const text = writeRemembered(many);
    expect(readRemembered(text)).toHaveLength(rememberedLimit);
    expect(text.length).toBeLessThan(rememberedSizeLimit);
  });
});

describe("a configuration with what was found", () => {
  const looking = (more: object) =>
    accepted(JSON.stringify({ discovery_interface: ["eth0"], ...more }));
  const written = { name: "anna", id: nodeIdOf(1) };

  test("what is written goes before what was found; what is not is filled in", () => {
    const bare = looking({ neighbours: [written] });
    const [found] = withRemembered(bare, bare, [remembered(1)]).neighbours;
    expect(found).toMatchObject({
      name: "anna",
      tunnelKey: keyOf(1),
      listenPort: 52_008,
      endpoint: { host: "fe80::1%eth0", port: 52_000 },
    });
    const full = looking({
      neighbours: [{ ...written, tunnel_key: keyOf(5), listen_port: "40000", endpoint: "a.b:1" }],
    });
    expect(withRemembered(full, full, [remembered(1)]).neighbours).toEqual(full.neighbours);
  });

  test("a signed key follows the written one that it replaced, until another one is written", () => {
    const old = looking({ neighbours: [{ ...written, tunnel_key: keyOf(5) }] });
    const rotated = [remembered(1, { tunnelKey: keyOf(6), replaces: keyOf(5) })];
    expect(withRemembered(old, old, rotated).neighbours[0]?.tunnelKey).toBe(keyOf(6));
    const again = looking({ neighbours: [{ ...written, tunnel_key: keyOf(7) }] });
    expect(withRemembered(again, again, rotated).neighbours[0]?.tunnelKey).toBe(keyOf(7));
  });

  test("strangers are neighbours only where they were accepted, discovery is on, and within the limit", () => {
    const all = [remembered(1), remembered(2, { standing: "refused" }), remembered(3)];
    const names = (more: object) => {
      const config = looking(more);
      return withRemembered(config, config, all).neighbours.map(({ name }) => name);
    };
    expect(names({})).toEqual(["n1", "n3"]);
    expect(names({ discovery_limit: "1" })).toEqual(["n1"]);
    expect(names({ discovery_policy: "off" })).toEqual([]);
    expect(names({ discovery_interface: undefined })).toEqual([]);
  });

  test("a stranger's names are taken from its id, and run out only where somebody tries for it", () => {
    const id = nodeId(`02${"0123456789abcdef".repeat(4)}`);
    expect(nameFor(id, new Set())).toBe("n0123456");
    expect(nameFor(id, new Set(["n0123456"]))).toBe("n789abcd");
    const all = Array.from({ length: 9 }, (_, i) => `n${id.slice(2 + 7 * i, 9 + 7 * i)}`);
    expect(nameFor(id, new Set(all))).toBeUndefined();
  });

  test("no port is promised twice", () => {
    const config = looking({
      neighbours: [{ ...written, tunnel_key: keyOf(1), listen_port: 40_000 }],
    });
    const taken = portsTaken(config, [remembered(2)]);
    for (const port of [8469, 8471, 40_000, 40_001, 52_016, 52_023]) expect(taken).toContain(port);
    expect(taken).not.toContain(52_024);
  });
});
