import { markProgram } from "#adapters/netlink/traffic-filter.ts";
import type { QueueChange } from "#core/queue/queue-difference.ts";
import { classKind, type QueuePart } from "#core/queue/queue-part.ts";
import { clsact, clsactId } from "./free-pool.ts";

/** Bytes that a class may send before it is another's turn: a full packet. */
const quantum = 1514;

/** Changes of one interface's queues, for `tc -batch`. */
export function tcLines(interfaceName: string, changes: readonly QueueChange[]): readonly string[] {
  return changes.map((change) => {
    const filter = filterLine(interfaceName, change);
    if (filter !== undefined) return filter;
    const { type, part } = change;
    const isClass = part.kind === classKind;
    const what = `${isClass ? "class" : "qdisc"} ${verb(type, part)} dev ${interfaceName}`;
    const place = placeOf(part);
    if (type === "remove") {
      return isClass ? `${what} classid ${part.id}` : `${what} ${place}`;
    }
    return isClass
      ? `${what} ${place} classid ${part.id} ${classWords(part)}`
      : `${what} ${place} ${disciplineWords(part, type)}`.trimEnd();
  });
}

/** Our filters have a preference of their own, so that they can be told from others'. */
export const filterPreference = 1;

/** A part that is a filter; nothing for all others. A filter does not change in place. */
function filterLine(interfaceName: string, { type, part }: QueueChange): string | undefined {
  const [does, way, mark, target] = part.kind.split(" ");
  if (part.parent === undefined || !filterKinds.includes(does ?? "")) return undefined;
  const place = part.parent === clsactId ? "egress" : `parent ${part.parent}`;
  const where = `dev ${interfaceName} ${place} pref ${filterPreference}`;
  if (type === "remove" || does === foreignKind) return `filter delete ${where}`;
  const outcome =
    does === "classify" ? `flowid ${target}` : `action mirred egress redirect dev ${target}`;
  return `filter add ${where} protocol all ${matchWords(way, mark)} ${outcome}`;
}

/** For `tc -batch`, which takes no quotes off but keeps what is in them together. */
export function matchWords(way = "", mark = ""): string {
  return way === "fw" ? `handle ${mark} fw` : `bpf bytecode "${markProgram(Number(mark))}"`;
}

/** A filter in our place that is none of ours. */
export const foreignKind = "foreign";

const filterKinds: readonly string[] = ["redirect", "classify", foreignKind];

/** What holds filters has a place of its own, and no number to give. */
function placeOf(part: QueuePart): string {
  if (part.kind === clsact) return clsact;
  return part.parent === undefined ? "root" : `parent ${part.parent}`;
}

/**
 * Among how many flows a leaf's fq_codel tells: what waits there is `leafLimit` at most, some
 * hundred packets. The kernel's own 1024 take 68 kB of memory a leaf that cannot be swapped out, more
 * than 5 MB for twenty neighbours: a twentieth of a small router.
 */
const flows = 128;

/** What is added may find the kernel's own default in its place: that is replaced. */
function verb(type: QueueChange["type"], { kind }: QueuePart): string {
  switch (type) {
    case "remove":
      return "delete";
    case "add":
      return kind === classKind ? "add" : "replace";
    case "change":
      return "change";
  }
}

function classWords({ settings: { rate = 0n, ceil = 0n, prio = 0n } }: QueuePart): string {
  return `htb rate ${rate * 8n}bit ceil ${ceil * 8n}bit prio ${prio} quantum ${quantum}`;
}

function disciplineWords({ id, kind, settings }: QueuePart, type: QueueChange["type"]): string {
  if (kind === clsact) return "";
  const handle = `handle ${id}`;
  const [name = ""] = kind.split(" ");
  if (name === "htb") return `${handle} ${kind}`;
  if (name === "cake") return `${handle} ${cakeWords(settings)}`;
  const words = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
  if (name !== "fq_codel") return [handle, name, ...words].join(" ");
  // Its limit in packets must not be reached first; the number of flows is for its whole life.
  const own = type === "add" ? ["limit 1024", `flows ${flows}`] : ["limit 1024"];
  return [handle, name, ...own, ...words].join(" ");
}

function cakeWords({ bandwidth = 0n }: QueuePart["settings"]): string {
  return `cake bandwidth ${bandwidth * 8n}bit`;
}
