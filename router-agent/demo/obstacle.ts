import { existsSync } from "node:fs";
import { namespaceName } from "./belongings.ts";
import { cable, inside, lossy, makeNamespace, tool } from "./namespace.ts";

/** What is called, and how each says that it is there. */
const tools = [
  ["ip", ["-V"]],
  ["tc", ["-V"]],
  ["nft", ["-v"]],
  ["wg", ["--version"]],
] as const;

/**
 * Why the story cannot be played on this kernel, in words, or nothing. Tries what it needs in a
 * namespace of its own, because being root in a container says little.
 */
export async function kernelObstacle(tag: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "that needs root (try sudo)";
  for (const [name, args] of tools) {
    const failure = await failureOf(() => tool(name, args));
    if (failure !== undefined) return failure;
  }
  const name = namespaceName(tag, "p");
  const failure = await failureOf(() => rehearse(name));
  await tool("ip", ["netns", "delete", name]).catch(() => undefined);
  if (failure !== undefined) return `this kernel does not let us: ${failure}`;
  return undefined;
}

async function rehearse(name: string): Promise<void> {
  await makeNamespace(name);
  const end = (device: string, host: number) => {
    return { namespace: name, device, address: `172.31.0.${host}/24` };
  };
  await cable(end("one", 1), end("other", 2));
  await lossy(name, "one", 1);
  await tool("ip", ["-n", name, "link", "set", "dev", "one", "txqueuelen", "32"]);
  await inside(name, ["tc", "qdisc", "replace", "dev", "one", "root", "handle", "1:", "htb"]);
  const builtIn = ["-n", name, "link", "add", "dev", "tunnel", "type", "wireguard"];
  if ((await failureOf(() => tool("ip", builtIn))) === undefined) return;
  await tool("wireguard-go", ["--version"]);
  if (!existsSync("/dev/net/tun")) throw new Error("there is no /dev/net/tun for wireguard-go");
}

async function failureOf(attempt: () => Promise<unknown>): Promise<string | undefined> {
  return attempt().then(
    () => undefined,
    (error: Error) => error.message,
  );
}
