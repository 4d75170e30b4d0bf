import { describe, expect, test } from "vitest";

/** What became of bytes that a payer offered to its payee's paid tunnel. */
export interface Offered {
  /** By the payer's WireGuard counter. */
  readonly sent: bigint;
  /** Forwarded as paid by the payee. */
  readonly bought: bigint;
}

/** A payer and a payee, each with a Queueing port, attached anew. */
export interface QueueingBench {
  /** Offers about so many bytes to the paid tunnel, and tells what became of them. */
  readonly offer: (bytes: number) => Promise<Offered>;
  /** The payer's quota ends so many bytes after where its counter is. */
  readonly allow: (remaining: bigint) => Promise<void>;
  /** The payee's gate, likewise. */
  readonly admit: (remaining: bigint) => Promise<void>;
  /** How the payee treats the payer. */
  readonly stand: (standing: "open" | "throttled") => Promise<void>;
  /** The payer's link carries so many bits a second from now on. */
  readonly rate: (bits: bigint) => Promise<void>;
  readonly attach: () => Promise<void>;
  readonly clean: () => Promise<void>;
  /** Sets a limit on a tunnel that is not attached. */
  readonly allowStranger: () => Promise<void>;
  /** Bytes kept back for what is on its way in queues: a quota opens by so much less. */
  readonly kept: bigint;
  readonly close: () => Promise<void>;
}

/** Bytes that are offered in one go. */
const load = 200_000;

const plenty = 1_000_000_000n;

/** Messages of WireGuard's own, which no quota keeps back. */
const handshakes = 1000n;

type Claim = (claim: string, body: (bench: QueueingBench) => Promise<void>) => void;

/** What every Queueing port does. */
export function queueingContract(name: string, make: () => Promise<QueueingBench>): void {
  const on: Claim = (claim, body) =>
    test(claim, async () => {
      const bench = await make();
      try {
        await body(bench);
      } finally {
        await bench.close();
      }
    });
  describe(`queueing contract: ${name}`, () => {
    keepsLimits(on);
    attachesAgain(on);
  });
}

function keepsLimits(on: Claim): void {
  on("paid tunnels are closed until they get a limit", async (bench) => {
    await bench.admit(plenty);
    expect((await bench.offer(load)).sent).toBeLessThan(handshakes);
  });

  on("no byte leaves beyond the limit, and what is before it does", async (bench) => {
    await bench.admit(plenty);
    await bench.allow(bench.kept + BigInt(load) / 2n);
    const { sent } = await bench.offer(load);
    expect(sent).toBeLessThanOrEqual(bench.kept + BigInt(load) / 2n);
    expect(sent).toBeGreaterThan(BigInt(load) / 4n);
  });

  on("raised, it opens again", async (bench) => {
    await bench.admit(plenty);
    await bench.allow(bench.kept + BigInt(load) / 4n);
    await bench.offer(load);
    await bench.allow(plenty);
    expect((await bench.offer(load)).sent).toBeGreaterThan((BigInt(load) * 3n) / 4n);
  });

  on("lowered, it closes", async (bench) => {
    await bench.admit(plenty);
    await bench.allow(plenty);
    await bench.allow(0n);
    expect((await bench.offer(load)).sent).toBeLessThan(handshakes);
  });

  on("beyond the gate nothing is forwarded as paid", async (bench) => {
    await bench.allow(plenty);
    await bench.admit(BigInt(load) / 2n);
    const { bought } = await bench.offer(load);
    expect(bought).toBeGreaterThan(BigInt(load) / 4n);
    expect(bought).toBeLessThan((BigInt(load) * 3n) / 4n);
  });

  on("from a throttled neighbour nothing is forwarded as paid, until it is open", async (bench) => {
    await bench.allow(plenty);
    await bench.admit(plenty);
    await bench.stand("throttled");
    expect((await bench.offer(load)).bought).toBeLessThan(handshakes);
    await bench.stand("open");
    expect((await bench.offer(load)).bought).toBeGreaterThan((BigInt(load) * 3n) / 4n);
  });

  on(
    "while the rate of its link falls and rises again, limits stay and bytes pass",
    async (bench) => {
      await bench.admit(plenty);
      await bench.allow(plenty);
      await bench.rate(5_000_000n);
      expect((await bench.offer(load)).sent).toBeGreaterThanOrEqual(BigInt(load));
      await bench.rate(20_000_000n);
      await bench.allow(0n);
      expect((await bench.offer(load)).sent).toBeLessThan(handshakes);
    },
  );
  on("a limit for what is not attached is refused", async (bench) => {
    await expect(bench.allowStranger()).rejects.toThrow("no paid tunnel");
  });
}

function attachesAgain(on: Claim): void {
  on("attached again, who stays keeps limits and standing", async (bench) => {
    await bench.allow(plenty);
    await bench.admit(plenty);
    await bench.attach();
    expect((await bench.offer(load)).bought).toBeGreaterThan((BigInt(load) * 3n) / 4n);
    await bench.stand("throttled");
    await bench.attach();
    expect((await bench.offer(load)).bought).toBeLessThan(handshakes);
  });

  on("cleaned and attached, everything is closed and everybody open", async (bench) => {
    await bench.allow(plenty);
    await bench.admit(plenty);
    await bench.stand("throttled");
    await bench.clean();
    await bench.attach();
    expect((await bench.offer(load)).sent).toBeLessThan(handshakes);
    await bench.allow(plenty);
    await bench.admit(plenty);
    expect((await bench.offer(load)).bought).toBeGreaterThan((BigInt(load) * 3n) / 4n);
  });
}
