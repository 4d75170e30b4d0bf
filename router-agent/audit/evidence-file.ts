import * as z from "zod/mini";
import { type Evidence, evidenceKinds } from "#core/audit/evidence.ts";
import { fromHex } from "#core/identity/hexadecimal.ts";
import { type Channel, untouched } from "#core/settlement/channel.ts";
import { tokenUnits } from "#core/units/money.ts";
import { nodeId } from "#core/units/node-id.ts";
import { plainJson } from "./plain-json.ts";
import { fraudLimit } from "./proven-fraud.ts";

/** The format of evidence files. */
const format = "meshtoll evidence 1";

/** At most so many pieces in one file, bytes in one text, and characters in all. */
export const evidenceFileLimits = {
  pieces: fraudLimit,
  textBytes: 2000,
  characters: 8 * 1024 * 1024,
} as const;

const bytesInHex = z
  .string()
  .check(z.regex(/^(?:[0-9a-f]{2})+$/), z.maxLength(2 * evidenceFileLimits.textBytes));
const digits = z.string().check(z.regex(/^[0-9]{1,78}$/));

const evidenceFile = z.object({
  format: z.literal(format),
  evidence: z
    .array(
      z.object({
        kind: z.enum(evidenceKinds),
        signer: z.string().check(z.regex(/^0[23][0-9a-f]{64}$/)),
        texts: z.array(bytesInHex).check(z.minLength(1), z.maxLength(2)),
        channel: z.optional(
          z.object({
            channelId: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
            chainId: digits,
            contract: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
            grainsPerUnit: digits,
          }),
        ),
      }),
    )
    .check(z.maxLength(evidenceFileLimits.pieces)),
});

/** A file that proves, with no journal at all: signed texts, and whose they are. */
export function evidenceText(all: readonly Evidence[]): string {
  const evidence = all.slice(0, evidenceFileLimits.pieces).map(({ channel, ...one }) => ({
    ...one,
    ...(channel === undefined ? {} : { channel: domainOf(channel) }),
  }));
  return `${plainJson({ format, evidence }, 2)}\n`;
}

function domainOf({ channelId, chainId, contract, grainsPerUnit }: Channel) {
  return { channelId, chainId, contract, grainsPerUnit };
}

/** Reads what {@link evidenceText} wrote. @throws RangeError, in words, for anything else. */
export function readEvidence(text: string): readonly Evidence[] {
  if (text.length > evidenceFileLimits.characters) {
    throw new RangeError(`an evidence file of ${text.length} characters, at most 8 MiB`);
  }
  const file = evidenceFile.safeParse(parsed(text));
  if (!file.success) throw new RangeError(`no evidence file: ${z.prettifyError(file.error)}`);
  return file.data.evidence.map(({ kind, signer, texts, channel }) => ({
    kind,
    signer: nodeId(signer),
    texts: texts.map(fromHex),
    channel:
      channel === undefined
        ? undefined
        : {
            ...channel,
            chainId: BigInt(channel.chainId),
            grainsPerUnit: BigInt(channel.grainsPerUnit),
            depositIn: tokenUnits(0n),
            depositOut: tokenUnits(0n),
            ...untouched,
            open: true,
          },
  }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError("no evidence file: it is not JSON");
  }
}
