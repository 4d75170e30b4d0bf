import { directoryDisk } from "#adapters/journal/directory-disk.ts";
import { openJournal } from "#adapters/journal/open-journal.ts";
import { canonical } from "#core/identity/canonical-writer.ts";
import { commitFormats, decodeCommit, encodeCommit } from "#core/journal/commit.ts";
import type { LedgerEvent } from "#core/journal/event.ts";
import { signLease } from "#core/schedule/lease.ts";
import { journalId } from "#core/units/journal-id.ts";
import { money } from "#core/units/money.ts";
import { position } from "#core/units/position.ts";
import { price } from "#core/units/price.ts";
import { priceClass } from "#core/units/price-class.ts";
import { modelledSigner } from "../simulator/test-signer.ts";

/** A journal as years make it: who is in it, and how long. */
export interface Years {
  readonly neighbours: number;
  /** Readings of each neighbour; 288 a day are one every five minutes. */
  readonly readings: number;
}

/** What one reading came to. */
export interface Earned {
  readonly neighbour: number;
  readonly reading: number;
  /** Grains. */
  readonly grains: number;
}

/** At most so many bytes a reading, and so many in a lease: some thousand readings. */
const [perReading, perLease] = [5_000_000, 5_000_000_000] as const;

/** What the payee knows of one neighbour while it writes. Numbers: all below 2^53, and checked. */
interface Account {
  read: number;
  due: number;
  leases: number;
  end: number;
  price: number;
  /** Of the bytes before `nextFrom`, `price` is the price; of those after, `nextPrice`. */
  nextFrom: number;
  nextPrice: number;
  /** F(end). */
  dueAtEnd: number;
}

/**
 * The commits of a payee that reads all its neighbours again and again, grants a lease and credits a
 * payment whenever one comes to its end. Prices change with every lease.
 * @param earned hears what each reading came to, to the grain, by arithmetic of its own.
 */
export function* yearsOfReadings(
  { neighbours, readings }: Years,
  earned: (one: Earned) => void = () => undefined,
): Generator<Uint8Array, readonly Account[]> {
  const signer = modelledSigner(1);
  const others = Array.from({ length: neighbours }, (_, i) => modelledSigner(i + 2).id);
  const accounts = others.map(
    (): Account => ({
      read: 0,
      due: 0,
      leases: 0,
      end: 0,
      price: 0,
      nextFrom: 0,
      nextPrice: 0,
      dueAtEnd: 0,
    }),
  );
  yield encodeCommit([{ type: "NodeOpened", node: signer.id, journal: journalId(7) }]);
  for (const [neighbour, id] of others.entries()) {
    yield encodeCommit([{ type: "NeighbourAdded", neighbour, id, classes: 1 }]);
  }
  let chance = 12_345;
  for (let reading = 0; reading < readings; reading++) {
    for (const [neighbour, account] of accounts.entries()) {
      while (account.read + 2 * perReading > account.end) {
        yield encodeCommit(renewed(account, neighbour, others[neighbour] as never, signer));
      }
      chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0;
      earned({ neighbour, reading, grains: advance(account, chance % perReading) });
    }
    yield blockOf(accounts);
  }
  return accounts;
}

/** So many bytes more; returns what they cost. */
function advance(account: Account, bytes: number): number {
  const after = account.read + bytes;
  const dearer = Math.max(0, after - Math.max(account.nextFrom, account.read));
  const grains = (bytes - dearer) * account.price + dearer * account.nextPrice;
  account.read = after;
  account.due += grains;
  if (!Number.isSafeInteger(account.due)) throw new RangeError("too many grains for this bench");
  return grains;
}

/** The next lease, and the payment of everything so far. */
function renewed(
  account: Account,
  neighbour: number,
  payer: never,
  signer: ReturnType<typeof modelledSigner>,
): readonly LedgerEvent[] {
  const next = 40 + ((account.leases * 7 + neighbour) % 20);
  const to = account.end + perLease;
  const key = { neighbour, class: priceClass(1) };
  const lease = signLease(
    { payer, payee: signer.id, class: key.class },
    {
      number: BigInt(account.leases + 1),
      from: position(BigInt(account.end)),
      to: position(BigInt(to)),
      price: price(BigInt(next)),
      due: money(BigInt(account.dueAtEnd)),
      settled: position(0n),
      payerJournal: journalId(8),
      payeeJournal: journalId(7),
    },
    signer,
  );
  account.price = account.nextPrice;
  account.nextFrom = account.end;
  account.nextPrice = next;
  account.leases += 1;
  account.end = to;
  account.dueAtEnd += perLease * next;
  const paid = money(BigInt(account.due));
  const voucher = { totals: [paid], cumulative: paid as never, signature: new Uint8Array(65) };
  const credited = { type: "VoucherCredited", neighbour, voucher, held: [lease.from] } as const;
  return [credited, { type: "LeaseGranted", ...key, lease }];
}

/** The commit of one round of readings, without the detour over a hundred million events. */
function blockOf(accounts: readonly Account[]): Uint8Array {
  const bytes: number[] = [];
  for (const [neighbour, { read }] of accounts.entries()) {
    const numbers = [littleEndian(read), littleEndian(2 * neighbour * 900_000)] as const;
    bytes.push(neighbour, (1 << 3) | 1, (numbers[0].length << 4) | numbers[1].length);
    bytes.push(...numbers[0], ...numbers[1]);
  }
  return canonical([commitFormats.compact, [Uint8Array.from(bytes)]]);
}

function littleEndian(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  return bytes;
}

/**
 * Writes them into a journal. A sample of the commits is decoded strictly and encoded again: they are
 * what an agent would have written.
 */
export async function writeYears(
  directory: string,
  years: Years,
  earned: (one: Earned) => void = () => undefined,
): Promise<readonly bigint[]> {
  const journal = await openJournal(directoryDisk(directory), { limit: 1n << 36n });
  const commits = yearsOfReadings(years, earned);
  let batch: Uint8Array[] = [];
  for (let count = 0; ; count++) {
    const { value, done } = commits.next();
    if (done === true) {
      await journal.append(batch);
      await journal.close();
      return value.map(({ due }) => BigInt(due));
    }
    batch.push(value);
    if (count % 997 === 0) checkForm(value);
    if (batch.length < 256) continue;
    await journal.append(batch);
    batch = [];
  }
}

function checkForm(commit: Uint8Array): void {
  if (Buffer.compare(encodeCommit(decodeCommit(commit)), commit) !== 0) {
    throw new Error("the bench writes commits that no agent would write");
  }
}
