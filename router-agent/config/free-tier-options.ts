import { leastPool } from "#adapters/queueing/plan-fault.ts";
import { leakLimit } from "#core/enforcement/free-tier.ts";
import { bitRate, byteCount, moneyAmount, share } from "./amount-forms.ts";
import { word } from "./form.ts";
import { statusListen } from "./status-options.ts";

/** So many interfaces may cost something. */
export const meteredLimit = 16;

/** One notice for each kind of address. */
const noticeLimit = 2;

/** Options of what is carried for nothing, and of our own users when money runs low. */
export const freeTierOptions = {
  free_pool: {
    form: bitRate(leastPool, 10n ** 12n),
    fallback: { kind: "none", meaning: "each neighbour has a free_rate of its own" },
    about:
      "What all neighbours together get in the free class: one alone may have all of it, several take turns. Throttled ones have free_rate at most.",
  },
  metered: {
    form: word(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/,
      "an interface: 1 to 15 letters, digits, _ . -",
    ),
    fallback: { kind: "none", meaning: "nothing that is carried for nothing costs us anything" },
    many: meteredLimit,
    about:
      "An interface where forwarding costs us money, such as an uplink by volume: what neighbours send for nothing leaves there as far as free_bytes and free_share go.",
  },
  free_bytes: {
    form: byteCount(0n, leakLimit),
    fallback: { kind: "text", text: "100MB" },
    about: "What leaves by metered interfaces for nothing, for each neighbour, once.",
  },
  free_share: {
    form: share,
    fallback: { kind: "text", text: "1%" },
    about:
      "And of what it pays for from then on. Below your fee divided by the price of the uplink you never lose by it.",
  },
  low_balance: {
    form: moneyAmount(0n),
    fallback: { kind: "text", text: "0" },
    about:
      "Below this what is left in all channels, our own users behind `lan` have the free rate, before neighbours throttle everything; from twice as much on they are open again. 0 is never.",
  },
  notice_listen: {
    form: statusListen,
    fallback: { kind: "none", meaning: "nobody is told" },
    many: noticeLimit,
    about:
      "Address on the LAN and port of a notice that answers what throttled users ask of web servers on port 80, such as 192.168.1.1:8480; one for IPv4, one for IPv6. `off` is none.",
  },
} as const;
