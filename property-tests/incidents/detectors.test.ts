import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clockDetector,
  clockNews,
  clockStep,
  firstHandshakeTime,
  frozenBytes,
  frozenDetector,
  handshakeDetector,
  silenceTime,
  tableDetector,
  tableNews,
} from "#agent/incidents/detectors.ts";
import { diskReserve, incidentTable, memoryReserve } from "#agent/incidents/incident-table.ts";
import { observed, tunnel } from "./observed.ts";

describe("a tunnel without handshake", () => {
  const silent = { sent: 0n, received: 0n, lastHandshake: 0n };

  test("is found after the time that a first handshake may take, not a moment before", () => {
    for (const [calls, words] of [
      [true, "has not answered"],
      [false, "has not called"],
    ] as const) {
      const detect = handshakeDetector();
      const at = (ms: number) => detect(observed(ms, { tunnels: [tunnel({ ...silent, calls })] }));
      expect(at(0)).toEqual([]);
      expect(at(firstHandshakeTime - 1)).toEqual([]);
      expect(at(firstHandshakeTime)[0]?.detected).toContain(words);
    }
  });

  test("is found where something is sent and nothing comes back for longer than a session lasts", () => {
    const detect = handshakeDetector();
    const at = (ms: number, sent: bigint, received = 1000n) =>
      detect(observed(ms, { tunnels: [tunnel({ sent, received })] }));
    expect(at(0, 1000n)).toEqual([]);
    expect(at(silenceTime, 1000n)).toEqual([]); // nothing was sent: nothing is missed
    expect(at(silenceTime + 1, 1148n)[0]?.detected).toContain("148 bytes were sent");
    expect(at(silenceTime + 2, 1148n, 1092n)).toEqual([]); // something came back
    expect(at(silenceTime + 3, 2000n, 1092n)).toEqual([]);
  });

  test("a clock of people that jumps changes nothing of it", () => {
    const detect = handshakeDetector();
    const seen = { tunnels: [tunnel({ ...silent })] };
    expect(detect({ ...observed(0, seen), now: { monotonic: 0, civil: 0 } })).toEqual([]);
    expect(detect({ ...observed(0, seen), now: { monotonic: 10, civil: 4e12 } })).toEqual([]);
  });
});

describe("counters", () => {
  const look = (sent: bigint, kernelSent: bigint) =>
    observed(0, { tunnels: [tunnel({ sent, kernel: { sent: kernelSent, received: 0n } })] });

  test("that stand while the interface carries bytes are frozen, from a limit on", () => {
    const detect = frozenDetector();
    expect(detect(look(500n, 0n))).toEqual([]);
    expect(detect(look(500n, frozenBytes - 1n))).toEqual([]);
    expect(detect(look(500n, frozenBytes))[0]).toMatchObject({
      subject: "b, tollb1",
      detected: `the kernel sent ${frozenBytes} bytes, and WireGuard's counter stands at 500`,
    });
  });

  test("that move with the interface are not, whatever the steps", () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 10n * frozenBytes }), { maxLength: 30 }),
        (steps) => {
          const detect = frozenDetector();
          let total = 0n;
          for (const step of steps) {
            total += step;
            const seen = tunnel({
              sent: total,
              received: total,
              kernel: { sent: total, received: total },
            });
            expect(detect(observed(0, { tunnels: [seen] }))).toEqual([]);
          }
        },
      ),
    );
  });

  test("of an interface that was made again are not frozen", () => {
    const detect = frozenDetector();
    expect(detect(look(500n, 9n * frozenBytes))).toEqual([]);
    expect(detect(look(500n, 0n))).toEqual([]);
    expect(detect(look(500n, frozenBytes - 1n))).toEqual([]);
  });

  test("that cannot be read at all are told of in the words of whoever tried", () => {
    expect(
      frozenDetector()(observed(0, { countersFailed: "no such tool" }))[0]?.detected,
    ).toContain("no such tool");
  });
});

describe("the clock of people", () => {
  const at = (detect: ReturnType<typeof clockDetector>, monotonic: number, civil: number) =>
    detect({ ...observed(0), now: { monotonic, civil } });

  test("is told of when it is set by two minutes, either way, and for a minute", () => {
    for (const step of [clockStep, -clockStep]) {
      const detect = clockDetector();
      const way = step > 0 ? "forward" : "back";
      expect(at(detect, 0, 1e12)).toEqual([]);
      expect(at(detect, 5000, 1e12 + 5000 + step)[0]?.detected).toContain(`set ${way} by 120 s`);
      expect(at(detect, 5000 + clockNews - 1, 1e12 + clockNews + step)).toHaveLength(1);
      expect(at(detect, 5000 + clockNews, 1e12 + clockNews + step)).toEqual([]);
    }
  });

  test("may drift, and be set by less, without a word", () => {
    const detect = clockDetector();
    for (let i = 0; i < 100; i++) {
      expect(at(detect, i * 5000, i * 5000 + i * (clockStep - 1))).toEqual([]);
    }
  });
});

describe("the table of the packet filter", () => {
  const at = (detect: ReturnType<typeof tableDetector>, ms: number, tableMark?: string) =>
    detect(observed(ms, { tableMark }));

  test("is missed as long as it is gone, also by looks that do not look for it", () => {
    const detect = tableDetector();
    expect(at(detect, 0, "7")).toEqual([]);
    expect(at(detect, 1, "gone")[0]?.detected).toContain("flushed away");
    expect(at(detect, 1 + 10 * tableNews)).toHaveLength(1);
    expect(at(detect, 2 + 10 * tableNews, "8")[0]?.detected).toContain("is there again");
    expect(at(detect, 3 + 20 * tableNews, "8")).toEqual([]);
  });

  test("that another one stands for was flushed, even where nobody saw it gone", () => {
    const detect = tableDetector();
    expect(at(detect, 0, "7")).toEqual([]);
    expect(at(detect, 1)).toEqual([]);
    expect(at(detect, 2, "8")[0]?.detected).toContain("is there again");
    expect(at(detect, 2 + tableNews, "8")).toEqual([]);
  });

  test("that was never there is not missed", () => {
    const detect = tableDetector();
    expect(at(detect, 0, "gone")).toEqual([]);
    expect(at(detect, 1, "gone")).toEqual([]);
  });
});

describe("limits", () => {
  const found = (kind: string, change: Parameters<typeof observed>[1]) =>
    incidentTable.find((row) => row.kind === kind)?.detector()(observed(0, change)).length;

  test("a disk is full below its reserve, and where the journal says so", () => {
    expect(found("disk full", { freeDisk: diskReserve })).toBe(0);
    expect(found("disk full", { freeDisk: diskReserve - 1n })).toBe(1);
    expect(found("disk full", { freeDisk: undefined })).toBe(0);
    expect(found("disk full", { journalFull: 1 })).toBe(1);
  });

  test("memory is short near the limit of a control group, and where the machine has none left", () => {
    const memory = (resident: bigint, limit?: bigint, available?: bigint) =>
      found("memory is short", { memory: { resident, limit, available } });
    expect(memory(92n, 100n)).toBe(0);
    expect(memory(93n, 100n)).toBe(1);
    expect(memory(93n, undefined, memoryReserve)).toBe(0);
    expect(memory(93n, undefined, memoryReserve - 1n)).toBe(1);
  });

  test("junk is told of from the moment that nothing more is bought of a neighbour", () => {
    const of = (stage: "stop buying" | "free tier") =>
      incidentTable.find((row) => row.kind === "neighbour sends junk")?.detector()(
        observed(0, {
          neighbours: [{ name: "b", protocol: 2, junk: { stage, junk: 77n, undue: 0n } }],
        }),
      );
    expect(found("neighbour sends junk", { neighbours: [{ name: "b", protocol: 2 }] })).toBe(0);
    expect(of("stop buying")?.[0]).toMatchObject({ subject: "b" });
    expect(of("stop buying")?.[0]?.detected).toContain("77 bytes");
    expect(of("free tier")?.[0]?.detected).toContain("rides free");
  });

  test("a policy that is refused or has no effect is told of, and so is whoever speaks a version outside of it", () => {
    const versions = { oldest: 2, newest: 3 };
    const expired = { words: "expired policy: its time is over", versions: undefined };
    expect(found("policy without effect", {})).toBe(0);
    expect(found("policy without effect", { policy: { words: undefined, versions } })).toBe(0);
    expect(found("policy without effect", { policy: expired })).toBe(1);
    const outside = (protocol: number | undefined) =>
      found("neighbour outside the policy", {
        neighbours: [{ name: "b", protocol }],
        policy: { words: undefined, versions },
      });
    expect([undefined, 0, 1, 2, 3, 4].map(outside)).toEqual([0, 1, 1, 0, 0, 1]);
    const unheld = { neighbours: [{ name: "b", protocol: 1 }] };
    expect(found("neighbour outside the policy", unheld)).toBe(0);
  });
});
