import { createHash, timingSafeEqual } from "node:crypto";
import { type TokenBucket, tokenBucket } from "#adapters/link/token-bucket.ts";

/** What is known of a request before anything of it is acted on. */
export interface Knock {
  readonly method: string;
  /** As the client wrote it: nothing has been decoded. */
  readonly target: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  /** Whether a body was announced. */
  readonly body: boolean;
}

/** Whether a request comes in: with a path that is one of ours to look up, or out with a status. */
export type Entry =
  | { readonly kind: "in"; readonly path: string; readonly query: URLSearchParams }
  | { readonly kind: "out"; readonly status: number; readonly words: string };

/** Who may come in. */
export interface DoorOptions {
  /** Names and addresses of this page, in lower case, without the port. */
  readonly hosts: readonly string[];
  /** Nothing: whoever reaches the door may come in. */
  readonly password: string | undefined;
}

/** Requests a second and at once, of everybody together: a page asks four times in ten seconds. */
export const requestShare = { perSecond: 20, burst: 100 } as const;

/** Wrong passwords a second and at once: 2^80 guesses take longer than anybody waits. */
export const guessShare = { perSecond: 1, burst: 10 } as const;

/** The longest target, in characters: nothing here needs more. */
export const targetLimit = 512;

/** Lets requests in, or not. @param now milliseconds on a monotonic clock. */
export type Door = (knock: Knock, now: number) => Entry;

/**
 * The checks that every request passes before anybody looks at what it wants, in this order: rate,
 * host, password, method, body, target. Whoever lacks the password learns nothing else: the
 * answer is the same for every path, also for those that do not exist.
 */
export function door(options: DoorOptions, start: number): Door {
  const requests = tokenBucket(requestShare, start);
  const guesses = tokenBucket(guessShare, start);
  const expected = options.password === undefined ? undefined : digest(options.password);
  return (knock, now) => {
    if (!requests.take(now)) return out(429, "too many requests; wait a second");
    if (!isOurs(knock.host, options.hosts)) {
      return out(421, "this page is not called that; add the name to status_name");
    }
    const refusal = checkPassword(knock.authorization, expected, guesses, now);
    if (refusal !== undefined) return refusal;
    if (knock.method !== "GET" && knock.method !== "HEAD") return out(405, "only GET and HEAD");
    if (knock.body) return out(413, "a request here has no body");
    return targeted(knock.target);
  };
}

function out(status: number, words: string): Entry {
  return { kind: "out", status, words };
}

/**
 * A page of another site whose name was made to lead here (DNS rebinding) asks by that name. Ports
 * are not compared: a tunnel or a forwarded port may lead here too.
 */
function isOurs(host: string | undefined, hosts: readonly string[]): boolean {
  const name = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::[0-9]{1,5})?$/i.exec(host ?? "")?.[1];
  return name !== undefined && hosts.includes(name.toLowerCase());
}

function checkPassword(
  header: string | undefined,
  expected: Buffer | undefined,
  guesses: TokenBucket,
  now: number,
): Entry | undefined {
  if (expected === undefined) return undefined;
  // Digests have one length, so that comparing them tells nothing of the password's.
  const given = passwordOf(header);
  const right = timingSafeEqual(digest(given ?? ""), expected);
  if (right && given !== undefined) return undefined;
  if (given !== undefined && !guesses.take(now)) return out(429, "too many wrong passwords");
  return out(401, "the password of status_token_file is needed");
}

/** `Basic`, as browsers ask for it, with any user's name; or `Bearer`, as Prometheus says it. */
function passwordOf(header: string | undefined): string | undefined {
  const [, scheme = "", value = ""] =
    /^(Basic|Bearer) +([\x21-\x7e]{1,1024})$/i.exec(header ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme === "") return undefined;
  const text = Buffer.from(value, "base64").toString("latin1");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : text.slice(colon + 1);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "latin1").digest();
}

/** Up to three plain words, the last maybe with an ending; then maybe a query. */
const form = /^(\/|(?:\/[a-z0-9][a-z0-9-]*(?:\.[a-z]{2,4})?){1,3})(?:\?(.*))?$/;

/** Paths here are plain words: whatever needs decoding, or leads anywhere, is none of ours. */
function targeted(target: string): Entry {
  if (target.length > targetLimit)
    return out(414, `a target has at most ${targetLimit} characters`);
  const [, path, query = ""] = form.exec(target) ?? [];
  if (path === undefined) return out(404, "no such page");
  return { kind: "in", path, query: new URLSearchParams(query) };
}
