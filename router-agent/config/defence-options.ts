import { servedLimit } from "#adapters/queueing/plan-fault.ts";
import { junkBytesLimit } from "#core/enforcement/junk.ts";
import { byteCount, share } from "./amount-forms.ts";
import { addressPrefix } from "./network-forms.ts";

/** Options about junk: what may come uselessly, and what is asked for though nobody began it. */
export const defenceOptions = {
  junk_share: {
    form: share,
    fallback: { kind: "text", text: "5%" },
    about:
      "Of what a neighbour sends, so much may be junk for ever: leading nowhere, on a class cheaper than its destination's, or not asked for where we pay for deliveries. 100% switches the defence off.",
  },
  junk_bytes: {
    form: byteCount(0n, junkBytesLimit),
    fallback: { kind: "text", text: "16MB" },
    about: "Junk beyond the share after which nothing more is bought of the neighbour.",
  },
  junk_free_bytes: {
    form: byteCount(1n, junkBytesLimit),
    fallback: { kind: "text", text: "64MB" },
    about:
      "Junk beyond the share after which its traffic rides the free class. Good bytes, twice this divided by the share, make up for anything.",
  },
  served: {
    form: addressPrefix,
    fallback: { kind: "none", meaning: "calls from outside are junk where we pay for deliveries" },
    many: servedLimit,
    about: "Destinations behind us that anybody may call, such as the address of a server.",
  },
} as const;
