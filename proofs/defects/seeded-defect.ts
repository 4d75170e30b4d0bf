import { accountUnder } from "../account/account-subject.ts";
import type { Subject } from "../model/subject.ts";
import { naiveDesigns } from "../naive/naive-subject.ts";
import { channelDefects } from "../settlement/channel-subject.ts";
import { accountDefects } from "./account-defect.ts";

/** A naive design of the protocol, as a system that the tools must tell from what ships. */
export interface SeededDefect {
  readonly name: string;
  /** The theorem that the explorer finds broken first. */
  readonly kills: string;
  readonly subject: Subject;
}

/** Every naive design. */
export const seededDefects: readonly SeededDefect[] = [
  ...accountDefects.map(({ name, kills, rules }) => ({
    name,
    kills,
    subject: accountUnder(rules),
  })),
  ...naiveDesigns,
  ...channelDefects,
];
