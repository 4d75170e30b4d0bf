import * as Result from "effect/Result";
import { littleEndian, readAttributes, readText, viewOf } from "./attribute.ts";
import type { NetlinkSocket } from "./netlink.ts";
import { type NetlinkError, netlinkError } from "./netlink-error.ts";
import { netlinkAnswer } from "./netlink-request.ts";

/** RTM_GETTFILTER (linux/rtnetlink.h). */
const listFilters = 46;

/** Bytes of struct tcmsg: family, interface, handle, parent, info. */
const headerSize = 20;

/** TCA_KIND and TCA_OPTIONS. */
const attributes = { kind: 1, options: 2 } as const;

/** TCA_FW_CLASSID, _ACT and _MASK; TCA_BPF_CLASSID, _ACT and _OPS (linux/pkt_cls.h). */
const fw = { classId: 1, actions: 4, mask: 5 } as const;
const bpf = { classId: 3, actions: 1, program: 5 } as const;

/** TCA_ACT_KIND and TCA_ACT_OPTIONS; TCA_MIRRED_PARMS (linux/tc_act/tc_mirred.h). */
const action = { kind: 1, options: 2, mirred: 2 } as const;

/** Bytes of struct tc_mirred; what it does (TCA_EGRESS_REDIR), and where, stands at its end. */
const mirredSize = 28;
const egressRedirect = 1;

/** The longest name of a kind that is read. */
const kindLimit = 31;

/** What looks at marks, by the kernel's name. */
export type MarkClassifier = "fw" | "bpf";

/** The whole of a mark counts. */
const wholeMark = 0xffff_ffff;

/** What becomes of packets that a filter matches. */
export type FilterOutcome =
  | { readonly does: "redirect"; readonly interfaceIndex: number }
  | { readonly does: "classify"; readonly classId: number }
  | { readonly does: "something else" };

/** A filter, as far as it looks at marks only. */
export interface ListedFilter {
  readonly preference: number;
  readonly classifier: MarkClassifier | undefined;
  /** The mark that it matches, all bits of it; nothing where it matches by something else. */
  readonly mark: number | undefined;
  readonly outcome: FilterOutcome;
}

/** Where filters of what leaves an interface are (TC_H_CLSACT, TC_H_MIN_EGRESS). */
export const egressFilters = 0xffff_fff3;

/** The filters below one parent of an interface. */
export function listFiltersOf(
  socket: NetlinkSocket,
  interfaceIndex: number,
  parent: number,
): Result.Result<readonly ListedFilter[], NetlinkError> {
  const body = new Uint8Array(headerSize);
  const view = viewOf(body);
  view.setInt32(4, interfaceIndex, littleEndian);
  view.setUint32(12, parent, littleEndian);
  return Result.gen(function* () {
    const answer = yield* netlinkAnswer(socket, { type: listFilters, body, dump: true });
    const found: ListedFilter[] = [];
    for (const message of answer) {
      const one = yield* readFilter(message.body);
      if (one !== undefined) found.push(one);
    }
    return found;
  });
}

/**
 * One message of the list; nothing for the head of a list, which matches nothing by itself. Refuses what is
 * too short or has no kind.
 */
export function readFilter(
  body: Uint8Array,
): Result.Result<ListedFilter | undefined, NetlinkError> {
  return Result.gen(function* () {
    if (body.length < headerSize) return yield* malformed("a filter's message too short");
    const all = yield* readAttributes(body.subarray(headerSize));
    const partOf = (type: number) => all.find((one) => one.type === type)?.value;
    const kind = partOf(attributes.kind);
    if (kind === undefined) return yield* malformed("a filter without a kind");
    const view = viewOf(body);
    const preference = view.getUint32(16, littleEndian) >>> 16;
    const handle = view.getUint32(8, littleEndian);
    const options = partOf(attributes.options);
    if (options === undefined || handle === 0) return undefined;
    const own = yield* readAttributes(options);
    const valueAt = (type: number) => own.find((one) => one.type === type)?.value;
    switch (yield* readText(kind, kindLimit)) {
      case "fw":
        return {
          preference,
          classifier: "fw",
          mark: yield* maskedMark(handle, valueAt(fw.mask)),
          outcome: yield* readOutcome(valueAt(fw.actions), valueAt(fw.classId)),
        } as const;
      case "bpf":
        return {
          preference,
          classifier: "bpf",
          mark: markOfProgram(valueAt(bpf.program) ?? new Uint8Array()),
          outcome: yield* readOutcome(valueAt(bpf.actions), valueAt(bpf.classId)),
        } as const;
      default:
        return {
          preference,
          classifier: undefined,
          mark: undefined,
          outcome: { does: "something else" } as const,
        };
    }
  });
}

function maskedMark(
  mark: number,
  mask: Uint8Array | undefined,
): Result.Result<number | undefined, NetlinkError> {
  if (mask === undefined) return Result.succeed(mark);
  return Result.map(readWord(mask), (bits) => (bits === wholeMark ? mark : undefined));
}

/**
 * A program that matches one mark, in the form in which `tc` takes it: load the mark (an ancillary load,
 * SKF_AD_MARK), compare, and return all ones or nothing (linux/filter.h).
 */
export function markProgram(mark: number): string {
  return [instructions(mark).length, ...instructions(mark).map((one) => one.join(" "))].join(",");
}

function instructions(mark: number): readonly (readonly [number, number, number, number])[] {
  return [
    [0x20, 0, 0, 0xffff_f014],
    [0x15, 0, 1, mark],
    [0x06, 0, 0, 0xffff_ffff],
    [0x06, 0, 0, 0],
  ];
}

/** Bytes of struct sock_filter; where the program has the mark. */
const instructionSize = 8;
const markAt = instructionSize + 4;

/** The mark of a program that is one of {@link markProgram}; nothing for every other. */
function markOfProgram(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 4 * instructionSize) return undefined;
  const view = viewOf(bytes);
  const mark = view.getUint32(markAt, littleEndian);
  const isOurs = instructions(mark).every(([code, yes, no, value], i) => {
    const at = i * instructionSize;
    return (
      view.getUint16(at, littleEndian) === code &&
      view.getUint8(at + 2) === yes &&
      view.getUint8(at + 3) === no &&
      view.getUint32(at + 4, littleEndian) === value
    );
  });
  return isOurs ? mark : undefined;
}

function readOutcome(
  actions: Uint8Array | undefined,
  classId: Uint8Array | undefined,
): Result.Result<FilterOutcome, NetlinkError> {
  return Result.gen(function* () {
    const list = actions === undefined ? [] : yield* readAttributes(actions);
    const [first, ...more] = list;
    if (first === undefined) {
      if (classId === undefined) return { does: "something else" } as const;
      return { does: "classify", classId: yield* readWord(classId) } as const;
    }
    if (more.length > 0) return { does: "something else" } as const;
    const parts = yield* readAttributes(first.value);
    const kind = parts.find(({ type }) => type === action.kind);
    const name = kind === undefined ? "" : yield* readText(kind.value, kindLimit);
    const options = parts.find(({ type }) => type === action.options);
    if (name !== "mirred" || options === undefined) return { does: "something else" } as const;
    const own = yield* readAttributes(options.value);
    const parameters = own.find(({ type }) => type === action.mirred)?.value;
    if (parameters === undefined || parameters.length < mirredSize) {
      return yield* malformed("a redirection without its parameters");
    }
    const view = viewOf(parameters);
    if (view.getInt32(20, littleEndian) !== egressRedirect) {
      return { does: "something else" } as const;
    }
    // 0 once the interface is gone: then what is redirected is lost.
    return { does: "redirect", interfaceIndex: view.getUint32(24, littleEndian) } as const;
  });
}

function readWord(value: Uint8Array): Result.Result<number, NetlinkError> {
  if (value.length !== 4) return malformed(`a number of ${value.length} bytes, not 4`);
  return Result.succeed(viewOf(value).getUint32(0, littleEndian));
}

function malformed(words: string): Result.Result<never, NetlinkError> {
  return Result.fail(netlinkError("malformed", `netlink: ${words}`));
}
