import { bytePrice } from "./amount-forms.ts";
import { path, wholeNumber, word } from "./form.ts";
import { addressPrefix } from "./network-forms.ts";
import type { Options } from "./options.ts";

const weight = wholeNumber(0, 1000);

/** The part of the main section that is about choosing routes (docs/routing.md). */
export const routingOptions = {
  babel: {
    form: word(/^(?:off|system|own)$/, "off, system or own"),
    fallback: { kind: "text", text: "off" },
    about:
      "Where routes come from that the agent chooses among: off, only those below; system, a babeld that runs already; own, one that the agent starts on its tunnels.",
  },
  babel_socket: {
    form: path,
    fallback: { kind: "text", text: "/var/run/babeld.sock" },
    about: "With system: the local socket of that babeld, read-only (babeld -G).",
  },
  babel_pid: {
    form: path,
    fallback: { kind: "text", text: "/var/run/babeld.pid" },
    about: "With system: the file with its process id, to ask it which routes are feasible.",
  },
  babel_log: {
    form: path,
    fallback: { kind: "text", text: "/var/log/babeld.log" },
    about: "With system: its log, where it answers. Without it only its own choices can be taken.",
  },
  announce: {
    form: addressPrefix,
    fallback: { kind: "none", meaning: "nothing is announced" },
    many: 64,
    about:
      "With own: what this node announces: its addresses, its network, 0.0.0.0/0 if it sells the internet.",
  },
  weight_price: {
    form: weight,
    fallback: { kind: "text", text: "100" },
    about: "How much the price of a way counts against its loss and delay.",
  },
  weight_loss: {
    form: weight,
    fallback: { kind: "text", text: "100" },
    about: "How much the loss on a way counts.",
  },
  weight_delay: {
    form: weight,
    fallback: { kind: "text", text: "100" },
    about: "How much the delay of a way counts.",
  },
  switch_margin: {
    form: wholeNumber(0, 1000),
    fallback: { kind: "text", text: "10" },
    about: "Per cent by which another way must be better, so that two alike do not take turns.",
  },
  route_max_price: {
    form: bytePrice,
    fallback: { kind: "none", meaning: "max_price of each neighbour" },
    about: "No way is taken that costs more for a byte: its destination then rides the free class.",
  },
} as const satisfies Options;
