import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadPlan } from "../../bench/router/load-plan.ts";
import { lines } from "../../bench/router/router-stage.ts";
import type { Workplace } from "../../nightly/workplace.ts";
import type { WireAccount } from "./wire-neighbours.ts";

/** The neighbour of a machine, at the other end of its cable: a process that outlives it. */
export interface OutsideNeighbour {
  /** Lets so many of its looks pass, with traffic or without. @returns its side of the account. */
  readonly pass: (looks: number, traffic: boolean) => Promise<WireAccount>;
  readonly end: () => void;
}

/** Starts it in the namespace of the cable, and waits until it trades. */
export async function outsideNeighbour(
  workplace: Workplace,
  namespace: string,
  plan: LoadPlan,
): Promise<OutsideNeighbour> {
  const helper = fileURLToPath(new URL("wire-neighbours.ts", import.meta.url));
  const words = ["netns", "exec", namespace, process.execPath, helper, JSON.stringify(plan)];
  const child = spawn("ip", words, { stdio: ["pipe", "pipe", "inherit"] });
  workplace.child(child);
  const answers = lines(child);
  await answers();
  return {
    pass: async (looks, traffic) => {
      child.stdin?.write(`${traffic ? looks : -looks}\n`);
      const { accounts } = (await answers()) as { readonly accounts: readonly WireAccount[] };
      const [account] = accounts;
      if (account === undefined) throw new Error("the neighbour has no account");
      return account;
    },
    end: () => void child.kill(),
  };
}
