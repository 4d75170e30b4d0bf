import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import { run } from "#adapters/command/command.ts";
import { isLeftOut } from "#adapters/tunnel/link-list.ts";
import { eventLimit, type LinkEvent, LinkEvents, LinkEventsError } from "./link-events.ts";

/** What `ip` says about one interface. */
export interface SpawnedLink {
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  readonly up: boolean;
}

/** The most interfaces that `ip` may list. */
export const linkLimit = 16_384;

/**
 * Link events by comparing what `ip -j link` prints with what it printed before: a process for each
 * drain, and blind to what came and went in between.
 */
export const spawnedLinkEvents = Effect.gen(function* () {
  let before = yield* look;
  return LinkEvents.of({
    drain: Effect.map(look, (now) => {
      const events = linkDifference(before, now);
      before = now;
      return events;
    }),
  });
});

const look = run("ip", ["-j", "link", "show"]).pipe(
  Effect.mapError(({ words }) => new LinkEventsError({ words })),
  Effect.flatMap((text) => Effect.fromResult(spawnedLinks(text))),
);

/** What leads from one list of interfaces to another, by index; one `Resync` if that is too much. */
export function linkDifference(
  before: readonly SpawnedLink[],
  now: readonly SpawnedLink[],
): readonly LinkEvent[] {
  const old = new Map(before.map((link) => [link.interfaceIndex, link]));
  const fresh = new Set(now.map(({ interfaceIndex }) => interfaceIndex));
  const vanished = before.filter(({ interfaceIndex }) => !fresh.has(interfaceIndex));
  const appeared = now.filter(({ interfaceIndex, interfaceName, up }) => {
    const was = old.get(interfaceIndex);
    return was === undefined || was.up !== up || was.interfaceName !== interfaceName;
  });
  if (vanished.length + appeared.length > eventLimit) return [{ kind: "Resync" }];
  return [
    ...vanished.map(
      (link) => ({ kind: "Link", ...link, presence: "vanished", up: false }) as const,
    ),
    ...appeared.map((link) => ({ kind: "Link", ...link, presence: "appeared" }) as const),
  ];
}

/** What `ip -j link` prints, as interfaces. Other fields are passed over. */
export function spawnedLinks(text: string): Result.Result<readonly SpawnedLink[], LinkEventsError> {
  const found = Result.try({
    try: (): unknown => JSON.parse(text),
    catch: () => refusal("no JSON"),
  });
  return Result.gen(function* () {
    const list = yield* found;
    if (!Array.isArray(list)) return yield* Result.fail(refusal("no list"));
    if (list.length > linkLimit) {
      return yield* Result.fail(refusal(`${list.length} interfaces; at most ${linkLimit}`));
    }
    const links: SpawnedLink[] = [];
    for (const one of list as readonly unknown[]) {
      if (isLeftOut(one)) continue;
      const link = asLink(one);
      if (link === undefined) return yield* Result.fail(refusal("an interface of another form"));
      links.push(link);
    }
    return links;
  });
}

function asLink(one: unknown): SpawnedLink | undefined {
  if (typeof one !== "object" || one === null) return undefined;
  const { ifindex, ifname, flags } = one as Readonly<Record<string, unknown>>;
  if (typeof ifindex !== "number" || !Number.isSafeInteger(ifindex) || ifindex < 1)
    return undefined;
  if (typeof ifname !== "string" || ifname.length === 0 || ifname.length > 15) return undefined;
  if (!Array.isArray(flags)) return undefined;
  const up = flags.includes("UP") && flags.includes("LOWER_UP");
  return { interfaceName: ifname, interfaceIndex: ifindex, up };
}

function refusal(what: string): LinkEventsError {
  return new LinkEventsError({ words: `ip -j link printed ${what}` });
}
