import type { Observation } from "./observation.ts";

/** Everything that is watched for. */
export const incidentKinds = [
  "tunnel without handshake",
  "routing daemon gone",
  "chain not answering",
  "disk full",
  "clock jumped",
  "counters frozen",
  "neighbour speaks an older version",
  "packet filter table gone",
  "memory is short",
  "neighbour sends junk",
  "policy without effect",
  "neighbour outside the policy",
] as const;

/** One of {@link incidentKinds}. */
export type IncidentKind = (typeof incidentKinds)[number];

/** Something that a look found wrong. */
export interface Finding {
  /** Whom or what it is about; empty for the node as a whole. */
  readonly subject: string;
  /** What was noticed, with its figures. */
  readonly detected: string;
}

/** What an agent can do about an incident by itself, beyond what its loop does anyway. */
export type Remedy = "call the tunnel anew" | "make the table again" | "forget samples";

/** One row of the table: how it is noticed, what the agent does, what a person can do. */
export interface IncidentRow {
  readonly kind: IncidentKind;
  /** A detector with a memory of its own. Looks at every observation, in order. */
  readonly detector: () => (seen: Observation) => readonly Finding[];
  /** Looks in a row that must find it before it is an incident. */
  readonly looks: number;
  /** Looks that it may take after a start to find again what was open before; two where none is said. */
  readonly again?: number;
  readonly remedy: Remedy | undefined;
  readonly action: string;
  readonly advice: string;
}

/** An incident as it is told. */
export interface Incident extends Finding {
  readonly kind: IncidentKind;
  /** UTC, seconds; 0 where the clock was not set. */
  readonly since: number;
  /** When it was over; undefined while it is not. */
  readonly until: number | undefined;
  readonly action: string;
  readonly advice: string;
  readonly open: boolean;
}
