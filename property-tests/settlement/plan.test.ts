import { describe, expect, test } from "vitest";
import { untouched } from "#core/settlement/channel.ts";
import type { ChannelBooks } from "#core/settlement/cover.ts";
import { type Dealings, noDealings } from "#core/settlement/dealings.ts";
import { noOutlook, type Outlook } from "#core/settlement/outlook.ts";
import { planSettlement, type SettlementPolicy } from "#core/settlement/plan.ts";
import type { Voucher } from "#core/settlement/voucher.ts";
import { tokenUnits } from "#core/units/money.ts";

const units = tokenUnits;
const policy: SettlementPolicy = {
  deposit: units(100n),
  deposited: units(0n),
  topUpBelow: units(30n),
  mostHeld: units(0n),
  registerAbove: units(0n),
  reopen: false,
  wanted: "open",
};
const opened: Outlook = { ...noOutlook, status: "open" };
const closing: Outlook = { ...noOutlook, status: "closing", closeAt: 1000n };

const voucher = (cumulative: bigint): Voucher => ({
  totals: [],
  cumulative: units(cumulative),
  signature: new Uint8Array(65),
});

interface Sums {
  readonly depositOut?: bigint;
  readonly depositIn?: bigint;
  readonly withdrawnOut?: bigint;
  readonly signed?: bigint;
  readonly credited?: bigint;
  readonly held?: bigint;
  readonly dealings?: Partial<Dealings>;
}

/** Books of a channel with deposits of 100 each, unless told otherwise. */
function books(sums: Sums = {}): ChannelBooks {
  const { depositOut = 100n, depositIn = 100n, withdrawnOut = 0n, signed, credited, held } = sums;
  return {
    channel: {
      channelId: "ab".repeat(32),
      chainId: 1n,
      contract: "cd".repeat(20),
      grainsPerUnit: 1n,
      ...untouched,
      depositIn: units(depositIn),
      depositOut: units(depositOut),
      withdrawnOut: units(withdrawnOut),
      open: true,
    },
    dealings: { ...noDealings(), ...sums.dealings },
    signed: signed === undefined ? undefined : voucher(signed),
    credited: credited === undefined ? undefined : voucher(credited),
    held: held === undefined ? undefined : voucher(held),
  };
}

const plan = (
  of: ChannelBooks | undefined,
  outlook: Outlook,
  changes: Partial<SettlementPolicy> = {},
  now = 0n,
) => planSettlement(of, outlook, { ...policy, ...changes }, now);

describe("the plan of a channel", () => {
  test("opens the first one with the deposit, never more than may be held, and none where no deposit is wanted", () => {
    expect(plan(undefined, noOutlook)).toMatchObject({ type: "Open", deposit: 100n });
    expect(plan(undefined, noOutlook, { mostHeld: units(40n) })).toMatchObject({ deposit: 40n });
    expect(plan(undefined, noOutlook, { deposit: units(0n) })).toBeUndefined();
    expect(plan(undefined, noOutlook, { wanted: "closed together" })).toBeUndefined();
  });

  test("opens another one only where a person wants it, and does nothing about a closed one", () => {
    expect(plan(books(), noOutlook)).toBeUndefined();
    expect(plan(books(), noOutlook, { reopen: true })).toMatchObject({ type: "Open" });
    expect(plan(books(), { ...noOutlook, status: "closed" }, { reopen: true })).toBeUndefined();
  });

  test("deposits into a channel that the neighbour opened, and tops up what runs low", () => {
    expect(plan(books({ depositOut: 0n }), opened)).toMatchObject({ type: "Deposit", total: 100n });
    expect(plan(books({ signed: 70n }), opened)).toBeUndefined();
    expect(plan(books({ signed: 71n }), opened)).toMatchObject({ type: "Deposit", total: 171n });
    // What was earned is as good as a deposit.
    expect(plan(books({ signed: 90n, credited: 60n }), opened)).toBeUndefined();
    expect(plan(books({ signed: 71n }), opened, { topUpBelow: units(0n) })).toBeUndefined();
    expect(plan(books(), opened, { deposited: units(250n) })).toMatchObject({ total: 250n });
  });

  test("asks back what is beyond the limit, once, down to what is deposited", () => {
    const most = { mostHeld: units(120n) };
    expect(plan(books({ credited: 20n }), opened, most)).toBeUndefined();
    expect(plan(books({ credited: 21n }), opened, most)).toMatchObject({
      type: "AskPermit",
      total: 21n,
    });
    const asked = books({ credited: 90n, dealings: { asked: units(21n) } });
    expect(plan(asked, opened, most)).toBeUndefined();
  });

  test("takes out what was permitted, and nothing twice", () => {
    const permit = { total: units(40n), signature: new Uint8Array(65) };
    expect(plan(books({ dealings: { permit } }), opened)).toMatchObject({
      type: "Withdraw",
      atStake: 40n,
    });
    expect(plan(books({ withdrawnOut: 40n, dealings: { permit } }), opened)).toBeUndefined();
  });

  test("registers early only what is above the limit for that", () => {
    const above = { registerAbove: units(50n) };
    expect(plan(books({ credited: 50n }), opened, above)).toBeUndefined();
    expect(plan(books({ credited: 51n }), opened, above)).toMatchObject({
      type: "Register",
      atStake: 51n,
    });
    const registered = { ...opened, registeredIn: units(10n) };
    expect(plan(books({ credited: 60n }), registered, above)).toBeUndefined();
    expect(plan(books({ credited: 99n }), opened)).toBeUndefined();
  });

  test("in a notice registers the best voucher first, urgently, whatever the limits say", () => {
    const step = plan(books({ credited: 5n, held: 8n }), closing);
    expect(step).toMatchObject({ type: "Register", urgent: true, atStake: 8n });
    const known = { ...closing, registeredIn: units(8n) };
    expect(plan(books({ credited: 5n, held: 8n }), known)).toBeUndefined();
    expect(
      plan(books({ credited: 5n }), { ...closing, registeredIn: units(5n) }, {}, 1000n),
    ).toMatchObject({
      type: "Finish",
    });
    expect(plan(books(), closing, {}, 999n)).toBeUndefined();
  });

  test("in a notice registers our own voucher where the neighbour's would be cut without it", () => {
    // What we signed, 100, covers what the neighbour signed beyond its deposit.
    const lent = books({ depositIn: 10n, signed: 100n, credited: 60n });
    const theirs = { ...closing, registeredIn: units(60n) };
    expect(plan(lent, theirs)).toMatchObject({ type: "RegisterOurs", atStake: 50n, urgent: true });
    expect(plan(lent, { ...theirs, registeredOut: units(100n) })).toBeUndefined();
  });

  test("closes alone by registering, then notice; together by asking, then with both signatures", () => {
    const alone = { wanted: "closed alone" } as const;
    expect(plan(books({ credited: 5n }), opened, alone)).toMatchObject({ type: "Register" });
    expect(plan(books(), opened, alone)).toMatchObject({ type: "StartClose" });
    const together = { wanted: "closed together" } as const;
    expect(plan(books(), opened, together)).toMatchObject({ type: "AskToEnd" });
    expect(plan(books({ dealings: { ending: true } }), opened, together)).toBeUndefined();
    const final = { out: units(1n), in: units(2n) };
    const both = { ending: true, final, finalTaken: new Uint8Array(65) };
    for (const outlook of [opened, closing]) {
      expect(plan(books({ dealings: both }), outlook)).toMatchObject({
        type: "CloseTogether",
        final,
      });
    }
  });

  test("does not deposit into a channel that is ending", () => {
    expect(plan(books({ depositOut: 0n, dealings: { ending: true } }), opened)).toBeUndefined();
    expect(plan(books({ depositOut: 0n }), opened, { wanted: "closed together" })).toMatchObject({
      type: "AskToEnd",
    });
  });
});
