import { directoryView } from "#adapters/journal/directory-disk.ts";
import { JournalError } from "#adapters/journal/journal-error.ts";
import { type Damage, scan } from "#adapters/journal/segment-scan.ts";
import { expected } from "#core/account/payee-account.ts";
import { owed } from "#core/account/payer-account.ts";
import type { Ledger } from "#core/journal/ledger.ts";
import { type LedgerFold, ledgerFold } from "#core/journal/ledger-fold.ts";

/** What the accounts of a journal come to. */
export interface Balances {
  readonly directory: string;
  readonly node: string | undefined;
  readonly events: number;
  /** The last commit that counts. */
  readonly commits: number;
  readonly bytes: number;
  readonly repaired: number;
  readonly damage: Damage | undefined;
  readonly accounts: readonly AccountBalance[];
}

/** One direction of one class with one neighbour; bytes and grains as decimal digits. */
export interface AccountBalance {
  readonly neighbour: string;
  readonly class: number;
  readonly direction: "we pay" | "we are paid";
  /** x or y: where the account stands. */
  readonly position: string;
  /** F there. */
  readonly due: string;
  /** v or w: signed or credited. */
  readonly paid: string;
  /** What is due and not yet paid; nothing below zero: more may be signed than is due. */
  readonly open: string;
}

/**
 * Checksums, hashes, seals, chain and the exact fold, and no more: no signature is checked and no
 * event is decided again, which is what `verify` is for. Three segments at most are in memory.
 * @throws JournalError where there is no journal
 */
export function balancesOf(directory: string): Balances {
  const fold = ledgerFold();
  const counts = { commits: 0, bytes: 0, repaired: 0 };
  let segments = 0;
  let damage: Damage | undefined;
  for (const look of scan(directoryView(directory), "oldest", true)) {
    segments += 1;
    if (look.type === "damage") damage = look.damage;
    if (look.type === "unused" || look.segment === undefined) continue;
    counts.bytes += look.segment.bytes.length;
    counts.repaired += look.segment.repaired;
    for (const { sequence, payload } of look.segment.frames) {
      try {
        fold.add(payload);
      } catch (error) {
        const words = `commit ${sequence} is whole, but not of a form that this program knows: ${error instanceof Error ? error.message : error}`;
        return told(directory, fold, counts, { segment: look.segment.name, offset: 0, words });
      }
      counts.commits = sequence;
    }
  }
  if (segments === 0) {
    throw new JournalError({ problem: "missing", words: `${directory} holds no journal` });
  }
  return told(directory, fold, counts, damage);
}

/** What was folded up to the damage, if there is any. */
function told(
  directory: string,
  fold: LedgerFold,
  counts: Pick<Balances, "commits" | "bytes" | "repaired">,
  damage: Damage | undefined,
): Balances {
  const ledger = fold.ledger();
  const events = fold.events();
  return { directory, node: ledger.node, events, ...counts, damage, accounts: accountsOf(ledger) };
}

/** Accounts under which nothing was ever leased come to nothing and are left out. */
function accountsOf(ledger: Ledger): readonly AccountBalance[] {
  return ledger.neighbours.flatMap(({ id, outbound, inbound }) => [
    ...outbound.flatMap((account, i) => {
      if (account.schedule.leases === 0n) return [];
      const due = owed(account, account.sent);
      return [balance(id, i + 1, "we pay", { position: account.sent, due, paid: account.signed })];
    }),
    ...inbound.flatMap((account, i) => {
      if (account.schedule.leases === 0n) return [];
      const due = expected(account, account.read);
      const found = { position: account.read, due, paid: account.credited };
      return [balance(id, i + 1, "we are paid", found)];
    }),
  ]);
}

function balance(
  neighbour: string,
  paidClass: number,
  direction: AccountBalance["direction"],
  {
    position,
    due,
    paid,
  }: { readonly position: bigint; readonly due: bigint; readonly paid: bigint },
): AccountBalance {
  const open = due > paid ? due - paid : 0n;
  return {
    neighbour,
    class: paidClass,
    direction,
    position: `${position}`,
    due: `${due}`,
    paid: `${paid}`,
    open: `${open}`,
  };
}

/** What `balances` prints, and its exit code. */
export function balancesText(
  directories: readonly string[],
  json: boolean,
): { readonly text: string; readonly damaged: boolean } {
  const journals = directories.map(balancesOf);
  const damaged = journals.some(({ damage }) => damage !== undefined);
  if (json) return { text: JSON.stringify({ damaged, journals }), damaged };
  return { text: journals.flatMap(lines).join("\n"), damaged };
}

function lines(one: Balances): readonly string[] {
  const { damage } = one;
  return [
    `${one.directory}: node ${one.node ?? "unnamed"}, ${one.commits} commits, ${one.events} events, ${one.bytes} bytes, ${one.repaired} flipped bit(s) put right`,
    ...(damage === undefined
      ? []
      : [`  DAMAGED ${damage.segment} at byte ${damage.offset}: ${damage.words}`]),
    ...one.accounts.map(
      (account) =>
        `  ${account.neighbour} class ${account.class}, ${account.direction}: position ${account.position}, due ${account.due}, paid ${account.paid}, open ${account.open}`,
    ),
    ...(one.accounts.length === 0 ? ["  nothing was leased yet"] : []),
  ];
}
