/** What an emulated machine does: one guest, in so much memory, in so much time at most. */
export interface Experiment {
  readonly about: string;
  /** 172 leaves Debian's kernel what a router of 128 MB has: some 122 MB. */
  readonly megabytes: number;
  /** Of the host's time, after which the machine is switched off. */
  readonly minutes: number;
}

const routerMegabytes = 172;

/** For a suite of the lab's tests: a process for each of its namespaces. */
const suite = (about: string) => ({ about, megabytes: 512, minutes: 15 });

/** All of the lab's experiments, by the name of their guest. */
export const experiments = {
  needs: { about: "what this kernel has", megabytes: routerMegabytes, minutes: 2 },
  tunnel: suite("tunnels of the kernel's WireGuard, by netlink and by wg"),
  counters: suite("counters of the kernel's WireGuard, by netlink and by wg"),
  edge: suite("cake for the LAN and for an exit's clients"),
  "queueing-clean": suite("queues come and go, and nothing else"),
  "queueing-standing": suite("open and throttled neighbours; control traffic under a flood"),
  "queueing-quota": suite("quotas and gates, to the byte"),
  "queueing-reconcile": suite("what somebody takes away is restored"),
  latency: {
    about: "delay beside a stream, with our queues and without them",
    megabytes: 512,
    minutes: 15,
  },
  control: {
    about: "control messages of a throttled neighbour that floods",
    megabytes: 512,
    minutes: 15,
  },
  poll: { about: "CPU of a poll of 50 tunnels", megabytes: routerMegabytes, minutes: 15 },
  router: {
    about: "the packaged agent alone, with twenty paying neighbours on its cable: memory",
    megabytes: routerMegabytes,
    minutes: 40,
  },
  line: {
    about: "three routers in a line: payments, an interface that flaps, a cheat (512 MB for three)",
    megabytes: 512,
    minutes: 90,
  },
  diamond: {
    about: "best buy over babeld: a price moves the route, a cable is pulled (512 MB for four)",
    megabytes: 512,
    minutes: 90,
  },
  exit: {
    about: "an exit and two clients: delivery accounts, fq_codel, cake (512 MB for three)",
    megabytes: 512,
    minutes: 90,
  },
  incidents: {
    about:
      "the machine's clock is set by a day and back, and memory becomes short (512 MB for two)",
    megabytes: 512,
    minutes: 60,
  },
  "auto-rate": {
    about: "a rate that follows the delay, before netem's bottleneck (512 MB for two)",
    megabytes: 512,
    minutes: 90,
  },
  "power-cut": {
    about: "an agent with its journal on UBIFS, off in the middle of a write, again and again",
    megabytes: routerMegabytes,
    minutes: 90,
  },
  day: {
    about:
      "two agents under a part of a day's looks and payments, and their memory (512 MB for two)",
    megabytes: 512,
    minutes: 90,
  },
  demo: {
    about: "the demo of three routers, on the kernel's WireGuard",
    megabytes: 512,
    minutes: 60,
  },
} as const satisfies Readonly<Record<string, Experiment>>;

/** What CI runs: the kernel's own WireGuard and cake, in a few minutes. */
export const coreExperiments: readonly string[] = ["needs", "tunnel", "edge"];
