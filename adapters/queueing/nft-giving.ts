import { neighbourOf } from "./neighbour-name.ts";
import { countBy, tallyNames } from "./nft-judge.ts";
import type { NoticePlace, OwnPlan, QueuePlan } from "./queueing.ts";

/** The quota of what is carried for nothing for a neighbour where that costs us something. */
export function leakName(neighbour: string): string {
  return `leak_${neighbour}`;
}

/** The quota of one neighbour: nothing is given away before it is said how much may be. */
export function leakLines(table: string, plan: QueuePlan): readonly string[] {
  if (plan.metered === undefined) return [];
  const name = leakName(neighbourOf(plan));
  return [
    `add quota inet ${table} ${name} { over 1 bytes }`,
    `add chain inet ${table} ${name}`,
    ...spendingLines(table, neighbourOf(plan)),
  ];
}

/** Without the neighbour's quota and chain, once no hook leads there. */
export function withoutLeakLines(table: string, plan: QueuePlan): readonly string[] {
  if (plan.metered === undefined) return [];
  const t = `inet ${table}`;
  const name = leakName(neighbourOf(plan));
  return [`flush chain ${t} ${name}`, `delete chain ${t} ${name}`, `delete quota ${t} ${name}`];
}

/** What the chain of a quota does: drops what is beyond it, and counts the rest. */
export function spendingLines(table: string, neighbour: string): readonly string[] {
  const rule = `add rule inet ${table} ${leakName(neighbour)}`;
  return [
    `${rule} quota name "${leakName(neighbour)}" drop`,
    `${rule} counter name "${tallyNames.leaked(neighbour)}"`,
  ];
}

/** Free packets that leave where forwarding costs something are given by quota of who sent them. */
export function meteredLines(
  table: string,
  freeMark: number,
  plans: readonly QueuePlan[],
): readonly string[] {
  const giving = plans.filter(({ metered }) => metered !== undefined && metered.length > 0);
  const metered = [...new Set(giving.flatMap((plan) => plan.metered ?? []))];
  if (metered.length === 0) return [];
  const ways = giving.flatMap((plan) =>
    plan.interfaces.map((name) => `"${name}" : jump ${leakName(neighbourOf(plan))}`),
  );
  return [
    `add rule inet ${table} passing meta mark ${freeMark} oifname ${braced(metered)} iifname vmap { ${ways.join(", ")} }`,
  ];
}

/**
 * Our own users, throttled or open, in one transaction. Throttled, what they send takes the free class;
 * and what they ask of any web server is answered by the notice. Never what is for the router itself.
 */
export function ownLines(
  table: string,
  freeMark: number,
  own: OwnPlan | undefined,
): readonly string[] {
  const t = `inet ${table}`;
  const chains = [
    [`own`, `type filter hook prerouting priority mangle - 1; policy accept;`],
    [`notice`, `type nat hook prerouting priority dstnat; policy accept;`],
  ] as const;
  const anew = chains.flatMap(([name, hook]) => [
    `add chain ${t} ${name} { ${hook} }`,
    `flush chain ${t} ${name}`,
  ]);
  if (own === undefined) return [...anew, ...chains.map(([name]) => `delete chain ${t} ${name}`)];
  const from = `iifname ${braced(own.lan)}`;
  return [
    ...anew,
    `add rule ${t} own ${from} fib daddr type unicast meta mark set ${freeMark}`,
    ...own.notices.map((notice) => noticeRule(t, from, notice)),
  ];
}

function noticeRule(t: string, from: string, { host, port }: NoticePlace) {
  const v6 = host.includes(":");
  const to = v6 ? `dnat ip6 to [${host}]:${port}` : `dnat ip to ${host}:${port}`;
  const rule = `add rule ${t} notice ${from} meta nfproto ${v6 ? "ipv6" : "ipv4"}`;
  return `${rule} fib daddr type unicast tcp dport 80 ${to}`;
}

/** What is handed to a neighbour for nothing, by the tunnel that it leaves by. */
export function handedRule(match: string, plans: readonly QueuePlan[]): string {
  return `${match} ${countBy("oifname", tallyNames.freeOut, plans, freeTunnel)}`;
}

function freeTunnel({ interfaces }: QueuePlan): readonly string[] {
  return interfaces.slice(0, 1);
}

function braced(names: readonly string[]): string {
  return `{ ${names.map((name) => `"${name}"`).join(", ")} }`;
}
