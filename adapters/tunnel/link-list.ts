/** How an interface is served, as far as tunnels are concerned. */
export type LinkKind = "kernel" | "userspace" | "other";

/** One interface of this network namespace. */
export interface FoundLink {
  readonly name: string;
  readonly kind: LinkKind;
}

/** What `ip -d -j link show` printed. Throws TypeError or SyntaxError for any other form. */
export function parseLinks(text: string): readonly FoundLink[] {
  const list: unknown = JSON.parse(text.trim() === "" ? "[]" : text);
  if (!Array.isArray(list)) throw new TypeError("no list");
  return list.flatMap((item: Readonly<Record<string, unknown>> | null) => {
    if (isLeftOut(item)) return [];
    const { ifname: name, linkinfo } = item ?? {};
    if (typeof name !== "string") throw new TypeError("no name");
    return [{ name, kind: kindOf(linkinfo) }];
  });
}

/** An empty object stands for what `ip` left out, where it is not left out wholly. */
export function isLeftOut(item: unknown): boolean {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return false;
  return Object.keys(item).length === 0;
}

/** What serves interfaces of a driver, as the kernel calls it. */
export function kindOfDriver(driver: unknown): LinkKind {
  if (driver === "wireguard") return "kernel";
  // wireguard-go's device is a tun; whether it is WireGuard's, its socket tells.
  return driver === "tun" ? "userspace" : "other";
}

function kindOf(linkinfo: unknown): LinkKind {
  if (typeof linkinfo !== "object" || linkinfo === null) return "other";
  const { info_kind: driver } = linkinfo as { readonly info_kind?: unknown };
  return kindOfDriver(driver);
}
