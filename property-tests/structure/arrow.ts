import { posix } from "node:path";
import { importsOf, type SourceFile } from "./source-tree.ts";

/**
 * The rooms of the core, lowest first: a room may use itself and those before it. Not all exist
 * yet; a room that is not named here has no place.
 */
export const rooms = [
  "units",
  "identity",
  "schedule",
  "rules",
  "meter",
  "account",
  "settlement",
  "enforcement",
  "negotiation",
  "quality",
  "route",
  "queue",
  "discovery",
  "peer",
  "journal",
  "node",
  "audit",
] as const;

/** Which top-level folders the files of a folder may import from. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  adapters: ["core", "adapters"],
  "router-agent": ["core", "adapters", "router-agent"],
  proofs: ["core", "proofs"],
};

/** An auditor must not trust the agent: what the audit program may import instead. */
const auditProgram = "router-agent/audit/";
const auditMayUse = ["core/", "adapters/journal/", auditProgram] as const;

/**
 * What may know of measured quality: no rule, ledger or event does, so no bill can hang on it. In the
 * agent it is what chooses ways, and what shows them to people.
 */
const qualityRoom = "core/quality/";
const knowsQuality = [
  qualityRoom,
  "core/route/",
  "router-agent/routing/",
  "router-agent/cli/",
  "router-agent/status-page/",
] as const;

/** Rooms that bill: they know no ways either, which is where quality goes on to. */
const billing = ["core/peer/", "core/journal/", "core/node/", "core/audit/"] as const;

const aliases: Readonly<Record<string, string>> = {
  "#core/": "core/",
  "#adapters/": "adapters/",
  "#agent/": "router-agent/",
};

/** Every import that goes against an arrow, as a sentence; empty where all arrows hold. */
export function arrowFaults(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => [...placeFaults(file), ...importsOf(file).flatMap(faultOf(file))]);
}

function placeFaults(file: SourceFile): readonly string[] {
  const [folder, room = ""] = file.path.split("/");
  if (folder !== "core" || isRoom(room)) return [];
  return [`${file.path} lies in a room that has no place in the order`];
}

function faultOf(file: SourceFile): (written: string) => readonly string[] {
  return (written) => {
    const target = resolved(file.path, written);
    if (target === undefined) return [];
    const against = (why: string) => [`${file.path} imports ${target}: ${why}`];
    const [from = "", room = ""] = file.path.split("/");
    const [to = "", other = ""] = target.split("/");
    if (!(allowed[from] ?? []).includes(to)) return against(`${from} may not know ${to}`);
    if (target.startsWith(qualityRoom) && !isFrom(file, knowsQuality)) {
      return against("no bill may hang on measured quality");
    }
    if (target.startsWith("core/route/") && isFrom(file, billing)) {
      return against("no bill may hang on the choice of ways");
    }
    if (file.path.startsWith(auditProgram) && !auditMayUse.some((it) => target.startsWith(it))) {
      return against("the audit program trusts only the core and the journal");
    }
    if (from !== "core" || !isRoom(room)) return [];
    const reaches = isRoom(other) ? rooms.indexOf(other) : rooms.length;
    return reaches > rooms.indexOf(room) ? against(`${room} is below ${other}`) : [];
  };
}

/** The path from the root that an import means; nothing for packages. */
function resolved(from: string, written: string): string | undefined {
  if (written.startsWith(".")) return posix.join(posix.dirname(from), written);
  const alias = Object.keys(aliases).find((prefix) => written.startsWith(prefix));
  if (alias !== undefined) return posix.join(aliases[alias] ?? "", written.slice(alias.length));
  return written.startsWith("/") || written.startsWith("#") ? written : undefined;
}

function isFrom({ path }: SourceFile, places: readonly string[]): boolean {
  return places.some((place) => path.startsWith(place));
}

function isRoom(name: string): name is (typeof rooms)[number] {
  return rooms.some((room) => room === name);
}
