import type { Finding } from "./incident.ts";
import type { Observation, TunnelObservation } from "./observation.ts";

/** How long a tunnel may be without its first handshake, in ms of the monotonic clock. */
export const firstHandshakeTime = 30_000;

/** How long it may send without anything coming back, in ms: WireGuard gives up a session after 180 s. */
export const silenceTime = 180_000;

/**
 * Whether a tunnel's WireGuard finds its neighbour, by changes and our own clock: the time that
 * WireGuard names is that of people, and may jump. A tunnel that sends nothing misses nothing.
 */
export function handshakeDetector() {
  interface Memory {
    readonly since: number;
    readonly handshake: bigint;
    readonly received: bigint;
    readonly sent: bigint;
  }
  const known = new Map<string, Memory>();
  return ({ now: { monotonic }, tunnels }: Observation): readonly Finding[] =>
    tunnels.flatMap(({ interfaceName, neighbour, calls, sent, received, lastHandshake }) => {
      const before = known.get(interfaceName);
      const same = before?.handshake === lastHandshake && before.received === received;
      if (before === undefined || !same || sent < before.sent) {
        known.set(interfaceName, { since: monotonic, handshake: lastHandshake, received, sent });
        return [];
      }
      const waited = monotonic - before.since;
      const seconds = Math.round(waited / 1000);
      const subject = `${neighbour}, ${interfaceName}`;
      if (lastHandshake === 0n && waited >= firstHandshakeTime) {
        const who = calls ? "the neighbour has not answered" : "the neighbour has not called";
        return [{ subject, detected: `${who} in ${seconds} s: there was no handshake yet` }];
      }
      if (lastHandshake !== 0n && sent > before.sent && waited >= silenceTime) {
        const detected = `${sent - before.sent} bytes were sent in ${seconds} s, and nothing came back`;
        return [{ subject, detected }];
      }
      return [];
    });
}

/** Bytes that must pass an interface before a counter that stands still counts as frozen. */
export const frozenBytes = 262_144n;

/** WireGuard's counters against the kernel's own of the same interface: they move together. */
export function frozenDetector() {
  /** By interface and direction: where WireGuard's counter stands, and the kernel's when it came there. */
  const known = new Map<string, { readonly counter: bigint; readonly kernel: bigint }>();
  const standing = ({ interfaceName, kernel, ...tunnel }: TunnelObservation, way: Way) => {
    if (kernel === undefined || tunnel.lastHandshake === 0n) return undefined;
    const key = `${interfaceName} ${way}`;
    const before = known.get(key);
    if (before?.counter !== tunnel[way] || kernel[way] < before.kernel) {
      known.set(key, { counter: tunnel[way], kernel: kernel[way] });
      return undefined;
    }
    const carried = kernel[way] - before.kernel;
    if (carried < frozenBytes) return undefined;
    return `the kernel ${way} ${carried} bytes, and WireGuard's counter stands at ${tunnel[way]}`;
  };
  return ({ tunnels, countersFailed }: Observation): readonly Finding[] => {
    if (countersFailed !== undefined) {
      return [{ subject: "", detected: `the counters cannot be read: ${countersFailed}` }];
    }
    return tunnels.flatMap((tunnel): readonly Finding[] => {
      const [sent, received] = [standing(tunnel, "sent"), standing(tunnel, "received")];
      const detected = sent ?? received;
      if (detected === undefined) return [];
      return [{ subject: `${tunnel.neighbour}, ${tunnel.interfaceName}`, detected }];
    });
  };
}

type Way = "sent" | "received";

/** A clock of people may be set by so much at once, in ms, before it is told of. */
export const clockStep = 120_000;

/** So long a jump is told as news, in ms. */
export const clockNews = 60_000;

/** The clock of people against the one that never goes back. */
export function clockDetector() {
  let offset: number | undefined;
  let news: { readonly at: number; readonly finding: Finding } | undefined;
  return ({ now: { monotonic, civil } }: Observation): readonly Finding[] => {
    const found = civil - monotonic;
    const step = offset === undefined ? 0 : found - offset;
    offset = found;
    if (Math.abs(step) >= clockStep) {
      const way = step > 0 ? "forward" : "back";
      const detected = `the clock of people was set ${way} by ${Math.round(Math.abs(step) / 1000)} s`;
      news = { at: monotonic, finding: { subject: "", detected } };
    }
    if (news === undefined || monotonic - news.at >= clockNews) return [];
    return [news.finding];
  };
}

/** So long a table that was made again is told as news, in ms. */
export const tableNews = 60_000;

/** A table that is gone, or is another one than before: then somebody flushed it, and the loop was faster. */
export function tableDetector() {
  let mark: string | undefined;
  let news: { readonly at: number; readonly finding: Finding } | undefined;
  return ({ now: { monotonic }, tableMark }: Observation): readonly Finding[] => {
    if (tableMark !== undefined) {
      const gone = tableMark === "gone";
      if (mark !== undefined && tableMark !== mark) {
        const detected = gone
          ? "our table was flushed away: no quota closes what is paid"
          : "our table was flushed away, and is there again";
        news = { at: monotonic, finding: { subject: "", detected } };
      }
      mark = tableMark;
    }
    if (news === undefined) return [];
    if (mark !== "gone" && monotonic - news.at >= tableNews) news = undefined;
    return news === undefined ? [] : [news.finding];
  };
}
