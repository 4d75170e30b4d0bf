import { chance } from "../simulator/network/chance.ts";

/** A scenario as its file has it: quantities as decimal strings. */
export interface MarketFile {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly defaults: Readonly<Record<string, string | number>>;
  readonly market: Readonly<Record<string, string | number>>;
  readonly nodes: readonly FileNode[];
  readonly links: readonly FileLink[];
  readonly flows: readonly FileFlow[];
  readonly maxSteps: number;
}

interface FileNode {
  readonly id: string;
  readonly price?: string;
  readonly maxPrice?: string;
}

interface FileLink {
  readonly a: string;
  readonly b: string;
  readonly bytesPerStep: string;
  readonly loss?: number;
}

interface FileFlow {
  readonly from: string;
  readonly to: string;
  readonly bytes: string;
}

/** Bytes a step that a house wants to send, and that a link between routers carries. */
const houseRate = 2000;
const routerRate = 10_000;

/** How long every house goes on, in steps. */
const lifeSteps = 8000;

/** What houses pay at most, at random between these. Grains a byte. */
const purse = { least: 300, most: 900 } as const;

/** The fee of every router (T12), grains a byte: what it adds at least. */
const fee = "5";

/** Who is beyond the uplinks: everybody sends there. */
const net = "net";

/** Networks in which every router sells, and every house buys a way to the net. */
export const marketNetworks: readonly MarketFile[] = [
  network("line", "An uplink and five routers in a line, a house at each", 1, line(5)),
  network("ring", "An uplink and six routers in a ring: two ways for everybody", 1, ring(6)),
  network("tree", "An uplink, three branches, nine leaves, a house at each router", 1, tree(3, 3)),
  network(
    "mesh",
    "Two hundred nodes: three uplinks, a hundred and sixteen routers, eighty houses",
    1,
    mesh(1),
  ),
];

/** Another mesh of the same size, drawn from another seed. */
export function marketMesh(seed: number): MarketFile {
  return network("mesh", `The mesh of two hundred, drawn from ${seed}`, seed, mesh(seed));
}

/** Routers and who they are linked to, and where the houses are. */
interface Shape {
  readonly uplinks: readonly string[];
  readonly routers: readonly string[];
  readonly links: readonly (readonly [string, string])[];
  /** The router of each house. */
  readonly houses: readonly string[];
}

function line(length: number): Shape {
  const routers = Array.from({ length }, (_, i) => `r${i + 1}`);
  const links = routers.map((one, i) => [i === 0 ? "u" : `r${i}`, one] as const);
  return { uplinks: ["u"], routers, links, houses: routers };
}

function ring(length: number): Shape {
  const { routers, links, ...rest } = line(length);
  return { ...rest, routers, links: [...links, [`r${length}`, "u"]] };
}

function tree(branches: number, leaves: number): Shape {
  const trunk = Array.from({ length: branches }, (_, i) => `r${i + 1}`);
  const twigs = trunk.flatMap((one) => Array.from({ length: leaves }, (_, i) => `${one}${i + 1}`));
  const links = [
    ...trunk.map((one) => ["u", one] as const),
    ...twigs.map((one) => [one.slice(0, -1), one] as const),
  ];
  const routers = [...trunk, ...twigs];
  return { uplinks: ["u"], routers, links, houses: routers };
}

/** Each router finds one to three neighbours among those before it: roofs that see each other. */
function mesh(seed: number): Shape {
  const draw = chance(seed, 0x3a7);
  const uplinks = ["u1", "u2", "u3"];
  const routers = Array.from({ length: 116 }, (_, i) => `r${i + 1}`);
  const links: (readonly [string, string])[] = [];
  routers.forEach((one, i) => {
    const before = i < 6 ? uplinks : routers.slice(Math.max(0, i - 24), i);
    const chosen = new Set(
      Array.from({ length: 1 + draw.below(3) }, () => before[draw.below(before.length)] ?? "u1"),
    );
    for (const other of chosen) links.push([other, one]);
  });
  const houses = Array.from({ length: 80 }, () => routers[draw.below(routers.length)] ?? "r1");
  return { uplinks, routers, links, houses };
}

function network(name: string, description: string, seed: number, shape: Shape): MarketFile {
  const draw = chance(seed, 0x17a);
  const { uplinks, routers, links, houses } = shape;
  const homes = houses.map((_, i) => `h${i + 1}`);
  const purseOf = () => String(purse.least + draw.below(purse.most - purse.least + 1));
  const wire = (a: string, b: string, rate: number): FileLink => ({
    a,
    b,
    bytesPerStep: String(rate),
  });
  return {
    name: `market-${name}`,
    description: `${description}; what is asked is negotiated`,
    seed,
    defaults: {
      payThreshold: "5000000",
      creditLimit: "100000000",
      reserveBytes: "100000",
      readBytes: "20000",
      freeBytesPerStep: "50",
      patienceSteps: 400,
    },
    market: {
      mode: "automatic",
      start: "100",
      steps: lifeSteps,
      profit: "100000",
      window: "1000000",
      floor: "20",
      ceiling: "1000",
      scarce: "850000",
      idle: "400000",
      band: "40000",
      step: "125000",
      pause: "500000",
      calm: "1000000000",
    },
    nodes: [
      { id: net },
      ...[...uplinks, ...routers].map((id) => ({ id, price: fee })),
      ...homes.map((id) => ({ id, maxPrice: purseOf() })),
    ],
    links: [
      ...uplinks.map((one) => wire(one, net, routerRate)),
      ...links.map(([a, b]) => wire(a, b, routerRate)),
      ...homes.map((home, i) => wire(houses[i] ?? "", home, houseRate)),
    ],
    flows: homes.map((from) => ({ from, to: net, bytes: String(houseRate * lifeSteps) })),
    maxSteps: 100_000,
  };
}
