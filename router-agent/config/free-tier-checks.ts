import { isIP } from "node:net";
import type { Config } from "./config.ts";
import type { Finding } from "./finding.ts";
import { isLoopback, type StatusListen } from "./status-options.ts";

/** What is wrong between the options of the free tier and the others. */
export function freeTierChecks(config: Config): readonly Finding[] {
  const { edges, lowBalance, noticeListen, freePool, rates } = config;
  const findings: Finding[] = [];
  if (freePool !== undefined && freePool < rates.free) {
    const allowed = `at least free_rate, ${rates.free} bits a second`;
    findings.push({ path: "free_pool", found: `${freePool} bits a second`, allowed });
  }
  if (lowBalance > 0n && edges.lan.length === 0) {
    const found = "a limit, and no `lan` that our own users are behind";
    findings.push({ path: "low_balance", found, allowed: "0, or one `lan` at least" });
  }
  const kinds = new Set(noticeListen.map(({ host }) => isIP(host)));
  if (kinds.size < noticeListen.length) {
    const found = noticeListen.map(({ host }) => host).join(", ");
    findings.push({ path: "notice_listen", found, allowed: "one of IPv4 and one of IPv6" });
  }
  return [...findings, ...noticeListen.flatMap((one) => noticeFindings(config, one))];
}

function noticeFindings({ lowBalance, status }: Config, notice: StatusListen): readonly Finding[] {
  const { host, port } = notice;
  const findings: Finding[] = [];
  const found = `${host} port ${port}`;
  if (lowBalance === 0n) {
    findings.push({ path: "notice_listen", found, allowed: "`off` where low_balance is 0" });
  }
  if (isLoopback(host) || host === "0.0.0.0" || host === "::" || host.includes("%")) {
    const allowed = "the router's own address on the LAN: nobody else is to see it";
    findings.push({ path: "notice_listen", found, allowed });
  }
  const { listen } = status;
  if (listen !== "off" && listen.host === host && listen.port === port) {
    const allowed = "another port than that of status_listen";
    findings.push({ path: "notice_listen", found, allowed });
  }
  return findings;
}
