import { describe, expect, test } from "vitest";

/** What the contract needs to know of a tunnel. */
export interface SeenTunnel {
  readonly index: number;
  readonly peerKey: string;
  readonly sent: bigint;
}

/** One machine with a Tunnel port, and a way to use the tunnels it makes. */
export interface TunnelBench {
  /** A prefix that nobody else uses, and two keys of neighbours. */
  readonly prefix: string;
  readonly peers: readonly [string, string];
  readonly apply: (name: string, peerKey: string) => Promise<"made" | "adopted">;
  readonly remove: (name: string) => Promise<unknown>;
  readonly list: (prefix: string) => Promise<readonly string[]>;
  readonly sweep: (prefix: string) => Promise<readonly string[]>;
  readonly see: (name: string) => Promise<SeenTunnel | undefined>;
  /** Sends something through a tunnel, so that its counter moves. */
  readonly use: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What every Tunnel port does. */
export function tunnelContract(name: string, make: () => Promise<TunnelBench>): void {
  const on = (claim: string, body: (bench: TunnelBench) => Promise<void>) =>
    test(claim, async () => {
      const bench = await make();
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  describe(`tunnel contract: ${name}`, () => {
    on("a tunnel is made once, and adopted with its counters after that", async (bench) => {
      const tunnel = `${bench.prefix}x0`;
      expect(await bench.apply(tunnel, bench.peers[0])).toBe("made");
      await bench.use(tunnel);
      const before = await bench.see(tunnel);
      expect(before?.sent).toBeGreaterThan(0n);
      expect(await bench.apply(tunnel, bench.peers[0])).toBe("adopted");
      const after = await bench.see(tunnel);
      expect(after?.index).toBe(before?.index);
      expect(after?.sent).toBeGreaterThanOrEqual(before?.sent ?? 1n);
    });

    on("one that is made again counts from nought, under another number", async (bench) => {
      const tunnel = `${bench.prefix}x0`;
      await bench.apply(tunnel, bench.peers[0]);
      await bench.use(tunnel);
      const before = await bench.see(tunnel);
      await bench.remove(tunnel);
      expect(await bench.see(tunnel)).toBeUndefined();
      expect(await bench.apply(tunnel, bench.peers[0])).toBe("made");
      const after = await bench.see(tunnel);
      expect(after?.index).not.toBe(before?.index);
      expect(after?.sent).toBeLessThan(before?.sent ?? 0n);
    });

    on("another neighbour's key replaces the one before it", async (bench) => {
      const tunnel = `${bench.prefix}x0`;
      await bench.apply(tunnel, bench.peers[0]);
      await bench.apply(tunnel, bench.peers[1]);
      expect((await bench.see(tunnel))?.peerKey).toBe(bench.peers[1]);
    });

    on("the tunnels of a prefix are listed, and no others", async (bench) => {
      for (const tunnel of ["x0", "x1", "y0"]) {
        await bench.apply(`${bench.prefix}${tunnel}`, bench.peers[0]);
      }
      expect([...(await bench.list(`${bench.prefix}x`))].sort()).toEqual([
        `${bench.prefix}x0`,
        `${bench.prefix}x1`,
      ]);
    });

    on("sweeping takes nothing that still serves a tunnel, and counts go on", async (bench) => {
      const tunnel = `${bench.prefix}x0`;
      await bench.apply(tunnel, bench.peers[0]);
      await bench.use(tunnel);
      const before = await bench.see(tunnel);
      expect(await bench.sweep(bench.prefix)).not.toContain(tunnel);
      expect(await bench.apply(tunnel, bench.peers[0])).toBe("adopted");
      const after = await bench.see(tunnel);
      expect(after?.index).toBe(before?.index);
      expect(after?.sent).toBeGreaterThanOrEqual(before?.sent ?? 1n);
    });

    on("removing an absent tunnel is fine", async (bench) => {
      await bench.remove(`${bench.prefix}none`);
      expect(await bench.list(bench.prefix)).toEqual([]);
    });
  });
}
