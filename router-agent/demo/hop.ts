import type { RouterName, RouterStatus } from "./stage.ts";

/** One paid direction of one cable, as both ends see it now. */
export interface HopSample {
  readonly payer: RouterName;
  readonly payee: RouterName;
  /** Grains a byte of leases to come. */
  readonly price: bigint;
  readonly sent: bigint;
  readonly received: bigint;
  readonly owed: bigint;
  readonly expected: bigint;
  readonly signed: bigint;
  readonly credited: bigint;
  /** G: the end of the leases that the payee signed. */
  readonly leased: bigint;
  readonly exposure: bigint;
  readonly exposureBound: bigint;
  readonly standing: "open" | "throttled";
}

/** The hops on which the demo's traffic is paid: there, there, and back. */
export const demoHops: readonly (readonly [RouterName, RouterName])[] = [
  ["a", "b"],
  ["b", "c"],
  ["c", "b"],
];

/** The hops, from what the routers say; what a silent router would say is left at zero. */
export function hopsOf(
  statuses: Readonly<Partial<Record<RouterName, RouterStatus>>>,
): readonly HopSample[] {
  return demoHops.map(([payer, payee]): HopSample => {
    const out = account(statuses[payer], payee, "we pay");
    const into = account(statuses[payee], payer, "we are paid");
    const throttled = neighbour(statuses[payee], payer)?.standing === "throttled";
    return {
      payer,
      payee,
      price: BigInt(into?.price ?? out?.price ?? "0"),
      sent: BigInt(out?.position ?? "0"),
      received: BigInt(into?.position ?? "0"),
      owed: BigInt(out?.amount ?? "0"),
      expected: BigInt(into?.amount ?? "0"),
      signed: BigInt(out?.settled ?? "0"),
      credited: BigInt(into?.settled ?? "0"),
      leased: BigInt(into?.leased ?? "0"),
      exposure: BigInt(into?.exposure ?? "0"),
      exposureBound: BigInt(into?.exposureBound ?? "0"),
      standing: throttled ? "throttled" : "open",
    };
  });
}

function neighbour(status: RouterStatus | undefined, name: RouterName) {
  return status?.neighbours.find((one) => status.names[one.id] === name);
}

function account(
  status: RouterStatus | undefined,
  name: RouterName,
  direction: "we pay" | "we are paid",
) {
  return neighbour(status, name)?.accounts.find((one) => one.direction === direction);
}
