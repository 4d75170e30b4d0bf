import { policyLimits } from "#core/enforcement/network-policy.ts";
import { bitRate } from "./amount-forms.ts";
import { path, word } from "./form.ts";
import { nodeName } from "./network-forms.ts";

/** What becomes of the organiser's policies. */
export const policyModes = ["ask", "follow", "off"] as const;

const rate = bitRate(policyLimits.leastFreeRate, policyLimits.mostFreeRate);

/** Options about the organiser of the network. */
export const policyOptions = {
  organiser: {
    form: nodeName,
    fallback: { kind: "none", meaning: "nobody's policy is accepted" },
    about: "The node id of whoever signs policies for this network. It can do nothing else here.",
  },
  policy: {
    form: word(/^(ask|follow|off)$/, "`ask`, `follow` or `off`"),
    fallback: { kind: "text", text: "ask" },
    about:
      "`ask`: a policy is in force once you accept it. `follow`: newer ones in policy_file are, within the bounds below. `off`: none is.",
  },
  policy_file: {
    form: path,
    fallback: { kind: "none", meaning: "policies come only by `policy accept`" },
    about:
      "With `follow`: where newer policies of the organiser are put, by whatever way they come.",
  },
  policy_free_least: {
    form: rate,
    fallback: { kind: "text", text: "64kbit" },
    about: "A policy with a smaller free rate is refused.",
  },
  policy_free_most: {
    form: rate,
    fallback: { kind: "text", text: "10Mbit" },
    about: "A policy with a larger free rate is refused.",
  },
} as const;
