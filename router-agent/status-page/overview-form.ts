/** Everything that the page and `status --watch` show, as texts; plots have numbers in texts. */
export interface Overview {
  readonly node: string;
  readonly token: string;
  readonly stopped: string | undefined;
  /** Newest first. */
  readonly alarms: readonly string[];
  readonly history: string;
  readonly settlement: string;
  readonly balance: BalanceView;
  readonly totals: { readonly sent: string; readonly received: string };
  readonly neighbours: readonly NeighbourView[];
  readonly payments: readonly PaymentView[];
  /** Payments that did not count, and steps of channels that did not come about. */
  readonly failures: readonly string[];
  readonly routing: string | undefined;
  readonly routes: readonly RouteView[];
  /** What is asked of whom, and why; nothing where prices are as written. */
  readonly market: MarketView | undefined;
  readonly incidents: readonly IncidentView[];
  readonly usage: readonly UsagePoint[];
  readonly live: readonly LivePoint[];
}

/** Prices that are negotiated, in words. */
export interface MarketView {
  /** How, such as "automatic". */
  readonly mode: string;
  /** One line for each neighbour and class: what it pays, and where that goes. */
  readonly asked: readonly string[];
  /** What cannot be sold within the wishes: to whom, and what would do. */
  readonly refused: readonly string[];
}

/** A payment in words. */
export interface PaymentView {
  /** UTC, seconds: the hour in which it was; 0 where no time was known. */
  readonly seconds: number;
  readonly neighbour: string;
  readonly direction: string;
  readonly amount: string;
  readonly total: string;
  readonly outcome: "credited" | "waiting";
}

/** An hour of the history: bytes, and tokens as decimals. */
export interface UsagePoint {
  readonly from: number;
  readonly sent: string;
  readonly received: string;
  readonly paid: string;
  readonly earned: string;
}

/** A moment of this run: seconds before now, bits a second and tokens an hour since the last one. */
export interface LivePoint {
  readonly ago: number;
  readonly sentBits: number;
  readonly receivedBits: number;
  readonly spentPerHour: string;
  readonly earnedPerHour: string;
}

/** What is left to spend, how long it lasts, and how that was worked out. */
export interface BalanceView {
  /** What is ours in all channels, were they closed now; undefined where no channel is known. */
  readonly free: string | undefined;
  /** Such as "12 days"; undefined where nothing is spent, or nothing is known. */
  readonly lasts: string | undefined;
  /** Below a day, or nothing left. */
  readonly low: boolean;
  readonly spentPerDay: string;
  readonly earnedPerDay: string;
  /** From what the two were worked out. */
  readonly basis: string;
}

/** A neighbour as people see it: every amount a text with its unit. */
export interface NeighbourView {
  readonly name: string;
  readonly id: string;
  /** One word, and what it means and asks for. */
  readonly state: "open" | "throttled" | "silent" | "broken" | "fraud";
  readonly stateWords: string;
  readonly channel: string;
  readonly wePay: string;
  readonly weCharge: string;
  readonly sent: string;
  readonly received: string;
  readonly owed: string;
  readonly paid: string;
  readonly earned: string;
  readonly exposure: string;
  readonly exposureBound: string;
  /** Thousandths of the bound. */
  readonly exposureShare: number;
  readonly loss: string;
  /** Bytes that measuring it took today, unpaid and paid, beside their bounds. */
  readonly measuring?: string;
  readonly delay: string;
  /** How much worse than it advertises it is taken to be, as a next hop. */
  readonly rank: string;
  /** Bytes that were carried for nothing each way, and junk among what came. */
  readonly carried: string;
  readonly free: string;
  readonly protocol: string;
  /** What of it changed nothing, and why. */
  readonly refusals: readonly string[];
}

/** A way to a destination, and why it was chosen. */
export interface RouteView {
  readonly prefix: string;
  readonly via: string;
  readonly class: string;
  readonly price: string;
  readonly loss: string;
  readonly delay: string;
  readonly why: string;
  readonly alternatives: readonly string[];
}

/** Something that went wrong: what was noticed, what the agent did, and what to do. */
export interface IncidentView {
  readonly kind: string;
  readonly subject: string;
  /** UTC, seconds; 0 where no time was known. */
  readonly since: number;
  readonly detected: string;
  readonly action: string;
  readonly advice: string;
  readonly open: boolean;
}
