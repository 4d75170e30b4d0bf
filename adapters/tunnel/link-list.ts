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
  return list.map((item: Readonly<Record<string, unknown>> | null) => {
    const { ifname: name, linkinfo } = item ?? {};
    if (typeof name !== "string") throw new TypeError("no name");
    return { name, kind: kindOf(linkinfo) };
  });
}

/** wireguard-go's device is a tun; whether it is WireGuard's, its socket tells. */
function kindOf(linkinfo: unknown): LinkKind {
  if (typeof linkinfo !== "object" || linkinfo === null) return "other";
  const { info_kind: kind } = linkinfo as { readonly info_kind?: unknown };
  if (kind === "wireguard") return "kernel";
  return kind === "tun" ? "userspace" : "other";
}
