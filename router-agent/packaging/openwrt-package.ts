import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { productVersion, sourcesOf, writeProgram } from "./product.ts";
import { bundlePlugin } from "./router-bundle.ts";
import { settingsView } from "./settings-view.ts";
import { datedTree } from "./source-date.ts";

const view = "files/www/luci-static/resources/view/meshtoll/settings.js";

/** What has to be executable in a feed's folder; everything else is not. */
const executables = ["files/etc/init.d/meshtoll", "files/etc/uci-defaults/60-meshtoll"];

/**
 * Makes the folder of an OpenWrt feed: Makefile and files, whole, so that the build downloads and
 * compiles nothing. Replaces what was there. @returns the folder.
 */
export async function openwrtPackage(out: string, date: number): Promise<string> {
  const folder = join(out, "openwrt", "meshtoll");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(sourcesOf("openwrt"), folder, { recursive: true });
  fill(join(folder, "Makefile"), (text) => text.replaceAll("@VERSION@", productVersion()));
  fill(join(folder, view), settingsView);
  await writeProgram(join(folder, "files/usr/lib/meshtoll"));
  mkdirSync(join(folder, "files/usr/libexec/rpcd"), { recursive: true });
  await bundlePlugin(join(folder, "files/usr/libexec/rpcd/meshtoll"));
  for (const path of executables) chmodSync(join(folder, path), 0o755);
  datedTree(folder, date);
  return folder;
}

function fill(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, "utf8")));
}
