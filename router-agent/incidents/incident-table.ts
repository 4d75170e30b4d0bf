import { ourVersions } from "#core/peer/version.ts";
import { clockDetector, frozenDetector, handshakeDetector, tableDetector } from "./detectors.ts";
import type { Finding, IncidentRow } from "./incident.ts";
import type { Observation } from "./observation.ts";

/** Below this many bytes a disk counts as full: a journal needs two segments of room to begin anew. */
export const diskReserve = 1_048_576n;

/** Memory is short above this share of what a control group allows, in hundredths. */
export const memoryShare = 92n;

/** Memory is short where the machine has less than this for everybody, in bytes. */
export const memoryReserve = 6_291_456n;

/** Every kind of incident: how it is noticed, what the agent does about it, and what a person can do. */
export const incidentTable: readonly IncidentRow[] = [
  {
    kind: "tunnel without handshake",
    detector: handshakeDetector,
    looks: 1,
    // As long as silence takes to be one, and a little more.
    again: 40,
    remedy: "call the tunnel anew",
    action:
      "looks the neighbour's name up again and calls it anew, every minute; after the clock was set back it makes the tunnel anew, once; traffic waits",
    advice:
      "see that the neighbour is on, that its endpoint and tunnel_key are right, and that UDP passes",
  },
  {
    kind: "routing daemon gone",
    detector:
      () =>
      ({ routing }) =>
        routing === undefined || routing === "up" || routing === "off"
          ? []
          : [{ subject: "", detected: `the routing daemon is ${routing}` }],
    looks: 2,
    remedy: undefined,
    action:
      "keeps the routes it had, asks for the daemon again and again, and starts its own one again where that ended or hangs",
    advice:
      "see why babeld ended or does not answer: its log, its configuration; `ip route` shows what is in use",
  },
  {
    kind: "chain not answering",
    detector:
      () =>
      ({ chainProblem }) =>
        chainProblem === undefined ? [] : [{ subject: "", detected: chainProblem }],
    looks: 2,
    remedy: undefined,
    action: "goes on trading within deposits and credit, and asks every endpoint again",
    advice: "see `channel status`; more than half of the endpoints in rpc must answer: name three",
  },
  {
    kind: "disk full",
    detector: () => diskFindings,
    looks: 1,
    remedy: undefined,
    action:
      "gives history of the journal back at once; without room nothing new is signed, granted or reserved, forwarding goes on",
    advice: "make room on the disk of the journal; the agent goes on by itself",
  },
  {
    kind: "clock jumped",
    detector: clockDetector,
    looks: 1,
    remedy: undefined,
    action: "changes nothing: no bill and no decision reads this clock; history uses the new time",
    advice: "see that the time is right now; history of before keeps the time it was noted with",
  },
  {
    kind: "counters frozen",
    detector: frozenDetector,
    looks: 1,
    remedy: undefined,
    action: "bills nothing that WireGuard did not count; quotas close by themselves at their limit",
    advice:
      "restart the tunnel (`ip link delete`, the agent makes it again), and tell the maker of the kernel",
  },
  {
    kind: "neighbour speaks an older version",
    detector: () => versionFindings,
    looks: 1,
    remedy: undefined,
    action: "speaks the newest version that both know",
    advice: "update the older side when you like; without a common version no side pays the other",
  },
  {
    kind: "packet filter table gone",
    detector: tableDetector,
    looks: 1,
    remedy: "make the table again",
    action: "makes its table again with paid classes closed, and opens them by the counters",
    advice: "find out who flushes nft's ruleset: paid bytes may have passed uncounted in between",
  },
  {
    kind: "memory is short",
    detector: () => memoryFindings,
    looks: 2,
    remedy: "forget samples",
    action: "gives up the samples of its plots; billing needs them not",
    advice: "set history or status_listen to off, or end other programs; see docs/history.md",
  },
  {
    kind: "neighbour sends junk",
    detector: () => junkFindings,
    looks: 1,
    remedy: undefined,
    action:
      "pays for junk no more than for lost bytes, buys nothing more of the neighbour, then carries its traffic in the free class; good bytes make up for it",
    advice: "`status` says what came; tell its operator, and `pardon` it where you know better",
  },
  {
    kind: "policy without effect",
    detector: () => policyFindings,
    looks: 1,
    remedy: undefined,
    action: "goes on by its own configuration: no policy changes more than that leaves open",
    advice: "see `policy show`; ask the organiser for another one, or change what is written here",
  },
  {
    kind: "neighbour outside the policy",
    detector: () => outsiderFindings,
    looks: 1,
    remedy: undefined,
    action: "goes on trading with it: a policy proposes, and cuts nobody off",
    advice: "tell its operator to update; `policy refuse` where you do not share the rule",
  },
];

function diskFindings({ freeDisk, journalFull }: Observation): readonly Finding[] {
  if (journalFull > 0) {
    const detected = `the journal took no more for ${journalFull} input(s) in a row`;
    return [{ subject: "", detected }];
  }
  if (freeDisk === undefined || freeDisk >= diskReserve) return [];
  return [{ subject: "", detected: `${freeDisk} bytes are free where the journal lies` }];
}

function versionFindings({ neighbours }: Observation): readonly Finding[] {
  return neighbours.flatMap(({ name, protocol }): readonly Finding[] => {
    if (protocol === undefined || protocol >= ourVersions.newest) return [];
    const detected =
      protocol === 0
        ? `it speaks no version that we speak (${ourVersions.oldest} to ${ourVersions.newest})`
        : `it speaks version ${protocol}, and we speak up to ${ourVersions.newest}`;
    return [{ subject: name, detected }];
  });
}

function junkFindings({ neighbours }: Observation): readonly Finding[] {
  return neighbours.flatMap(({ name, junk }): readonly Finding[] => {
    if (junk === undefined) return [];
    const then = junk.stage === "stop buying" ? "nothing more is bought of it" : "it rides free";
    const detected = `${junk.junk} bytes led nowhere, came too cheap or were not asked for: ${then}`;
    return [{ subject: name, detected }];
  });
}

function policyFindings({ policy }: Observation): readonly Finding[] {
  return policy?.words === undefined ? [] : [{ subject: "", detected: policy.words }];
}

/** Of a neighbour's token we know only that its channel with us is the same: in ours. */
function outsiderFindings({ neighbours, policy }: Observation): readonly Finding[] {
  const versions = policy?.versions;
  if (versions === undefined) return [];
  const { oldest, newest } = versions;
  return neighbours.flatMap(({ name, protocol }): readonly Finding[] => {
    if (protocol === undefined || (protocol >= oldest && protocol <= newest)) return [];
    const spoken = protocol === 0 ? "no version that we speak" : `version ${protocol}`;
    const detected = `with it we speak ${spoken}, and the policy has ${oldest} to ${newest}`;
    return [{ subject: name, detected }];
  });
}

function memoryFindings({ memory }: Observation): readonly Finding[] {
  const { resident, limit, available } = memory;
  if (limit !== undefined && resident * 100n > limit * memoryShare) {
    return [
      { subject: "", detected: `the agent has ${resident} of the ${limit} bytes it may have` },
    ];
  }
  if (available !== undefined && available < memoryReserve) {
    return [{ subject: "", detected: `the machine has ${available} bytes left for everybody` }];
  }
  return [];
}
