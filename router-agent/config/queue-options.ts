import { bitRate } from "./amount-forms.ts";
import { type Form, parsed, refused } from "./form.ts";

/** An interface of the router's own, and what leaves by it at most. */
export interface EdgeConfig {
  readonly interfaceName: string;
  /** Bits a second. */
  readonly rate: bigint;
}

/** So many interfaces may be named in one list. */
export const edgeLimit = 16;

const rate = bitRate(8000n, 10n ** 12n);

/** "br-lan 50Mbit". */
const edge: Form<EdgeConfig> = {
  read: (text, token) => {
    const [, interfaceName, amount = ""] =
      /^([A-Za-z0-9_][A-Za-z0-9_.-]{0,14}) (\S+)$/.exec(text) ?? [];
    const found = rate.read(amount, token);
    if (interfaceName === undefined || !found.ok) {
      return refused("an interface and a rate, such as br-lan 50Mbit");
    }
    return parsed({ interfaceName, rate: found.value });
  },
  write: ({ interfaceName, rate: value }, token) => `${interfaceName} ${rate.write(value, token)}`,
};

/** Options of the queues that are not on tunnels. */
export const queueOptions = {
  lan: {
    form: edge,
    fallback: { kind: "none", meaning: "the LAN's queues stay as they are" },
    many: edgeLimit,
    about:
      "An interface of the LAN and its rate: cake shares it between its users, where the kernel has it.",
  },
  clients: {
    form: edge,
    fallback: { kind: "none", meaning: "no queues for an exit's clients" },
    many: edgeLimit,
    about:
      "On an exit: an interface towards clients, where their packets are not encrypted, and its rate.",
  },
} as const;
