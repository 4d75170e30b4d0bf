import { priceClassLimit } from "#core/units/price-class.ts";
import { bitRate, byteCount, bytePrice, share } from "./amount-forms.ts";
import { wholeNumber, word } from "./form.ts";
import { addressPrefix } from "./network-forms.ts";

/** So many destinations can take an exit. */
export const exitRouteLimit = 16;

/** Of one neighbour: whether one of us is the other's exit. */
export const neighbourDeliveryOptions = {
  delivery: {
    form: word(/^(exit|client)$/, "`exit` or `client`: what we are to this neighbour"),
    fallback: { kind: "none", meaning: "neither is an exit of the other" },
    about:
      "Who receives pays: as `exit` we are paid for what we send to it, as `client` we pay for what it sends to us. The neighbour says the opposite.",
  },
  delivery_class: {
    form: wholeNumber(1, priceClassLimit - 1),
    fallback: { kind: "text", text: "1" },
    about: "The paid class whose tunnel carries the delivery; the same at both ends.",
  },
  tariff: {
    form: bytePrice,
    fallback: { kind: "none", meaning: "the price of delivery_class" },
    about: "As an exit: what the client pays for each byte that we send to it.",
  },
  delivery_rate: {
    form: bitRate(8000n, 10n ** 12n),
    fallback: { kind: "none", meaning: "link_rate" },
    about:
      "As an exit: what leaves to this client at most. Its flows take turns below that, where the kernel has fq_codel or sfq.",
  },
} as const;

/** Of the node, as a client of exits. */
export const deliveryOptions = {
  loss_share: {
    form: share,
    fallback: { kind: "text", text: "2%" },
    about:
      "As a client: pay for what an exit says it sent up to so much more than what arrived. An exit that lies can take this much; on a link that loses more, it stops.",
  },
  loss_bytes: {
    form: byteCount(0n, 10n ** 12n),
    fallback: { kind: "text", text: "1MB" },
    about: "And up to so many bytes more, once.",
  },
  exit_route: {
    form: addressPrefix,
    fallback: { kind: "none", meaning: "no exit is chosen: routes say who is sent to" },
    many: exitRouteLimit,
    about:
      "As a client: destinations that take an exit, such as 0.0.0.0/0. Which one is chosen by tariff and measured quality, among the neighbours of which we are the client.",
  },
  exit_loss: {
    form: share,
    fallback: { kind: "text", text: "1%" },
    about:
      "As an exit: what gets lost of a delivery at most, by our signed tariff. Who loses more is left for a while.",
  },
} as const;
