import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { routerFlags } from "./launch.ts";
import { productVersion, rootFile, sourcesOf, writeProgram } from "./product.ts";
import { datedTree } from "./source-date.ts";

/** Makes the Debian package, equal bytes for equal sources. Needs dpkg-deb. @returns its path. */
export async function debianPackage(out: string, date: number): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "meshtoll-deb-"));
  try {
    const tree = join(work, "tree");
    await writeTree(tree);
    datedTree(tree, date);
    mkdirSync(out, { recursive: true });
    const path = join(out, `meshtoll_${productVersion()}_all.deb`);
    pack(tree, path, date);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function writeTree(tree: string): Promise<void> {
  const source = (name: string) => readFileSync(join(sourcesOf("debian"), name), "utf8");
  const put = (path: string, bytes: string | Uint8Array, mode = 0o644): void =>
    placed(join(tree, path), bytes, mode);
  const versioned = (text: string) => text.replaceAll("@VERSION@", productVersion());
  await writeProgram(join(tree, "usr/lib/meshtoll"));
  mkdirSync(join(tree, "usr/bin"), { recursive: true });
  symlinkSync("../lib/meshtoll/meshtoll.cjs", join(tree, "usr/bin/meshtoll"));
  // The configuration may name neighbours and places, and is nobody else's business.
  put("etc/meshtoll/meshtoll.conf", source("meshtoll.conf"), 0o640);
  const unit = source("meshtoll.service").replace("@FLAGS@", routerFlags.join(" "));
  put("usr/lib/systemd/system/meshtoll.service", unit);
  put("usr/share/man/man8/meshtoll.8.gz", zipped(versioned(source("meshtoll.8"))));
  put("usr/share/doc/meshtoll/copyright", rootFile("LICENSE"));
  put("usr/share/doc/meshtoll/changelog.gz", zipped(rootFile("CHANGELOG.md")));
  openDirectories(tree);
  const control = versioned(source("control")).replace("@SIZE@", `${kilobytes(tree)}`);
  put("DEBIAN/control", control);
  put("DEBIAN/conffiles", "/etc/meshtoll/meshtoll.conf\n");
  put("DEBIAN/postinst", source("postinst"), 0o755);
  put("DEBIAN/prerm", source("prerm"), 0o755);
  chmodSync(join(tree, "DEBIAN"), 0o755);
}

function placed(path: string, bytes: string | Uint8Array, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  chmodSync(path, mode);
}

/** Without name and date: gzip -9n, as the policy wants it. */
function zipped(text: string): Uint8Array {
  const bytes = gzipSync(text, { level: 9 });
  bytes[9] = 255; // the operating system: not said
  return bytes;
}

/** Directories have the mode of a system's, whatever the umask is. */
function openDirectories(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) openDirectories(join(directory, entry.name));
  }
}

function kilobytes(directory: string): number {
  const bytes = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((all, entry) => all + statSync(join(entry.parentPath, entry.name)).size, 0);
  return Math.ceil(bytes / 1024);
}

/** One thread: more of them cut the data elsewhere. @throws Error with the tool's own words. */
function pack(tree: string, path: string, date: number): void {
  const { PATH = "" } = process.env;
  const words = ["--root-owner-group", "--threads-max=1", "-Zxz", "--build", tree, path];
  const { error, status, stderr } = spawnSync("dpkg-deb", words, {
    encoding: "utf8",
    env: { PATH, LC_ALL: "C", SOURCE_DATE_EPOCH: `${date}` },
  });
  if (error !== undefined) throw new Error("dpkg-deb is not installed (Debian package dpkg)");
  if (status !== 0) throw new Error(`dpkg-deb: ${stderr.trim()}`);
}
