import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pageScripts } from "#agent/status-page/page-script.ts";
import { browserObstacle, type Look, withBrowser } from "./browser.ts";
import { demoPage } from "./demo-page.ts";

/**
 * `npm run screenshots [-- --to DIRECTORY] [--hours N] [--json]`: pictures of the status page of a
 * running agent, the middle router of the demo in memory, into docs/pictures. An hour of its history
 * passes in a second; everything else is as on a router. Needs Debian's chromium.
 */
const looks: Readonly<Record<string, Look & { readonly tallest: number }>> = {
  "status-desktop-light": { width: 1200, height: 800, scheme: "light", density: 1, tallest: 4000 },
  "status-desktop-dark": { width: 1200, height: 800, scheme: "dark", density: 1, tallest: 4000 },
  "status-phone-light": { width: 360, height: 780, scheme: "light", density: 2, tallest: 1700 },
  "status-phone-dark": { width: 360, height: 780, scheme: "dark", density: 2, tallest: 1700 },
};

const args = process.argv.slice(2);
const option = (flag: string, fallback: string): string => {
  const at = args.indexOf(flag);
  return at < 0 ? fallback : (args[at + 1] ?? fallback);
};
if (args.includes("--help")) {
  console.log("usage: npm run screenshots -- [--to DIRECTORY] [--hours N] [--json]");
  process.exit(0);
}
if (browserObstacle !== undefined) {
  console.error(`no pictures: ${browserObstacle} (apt-get install chromium)`);
  process.exit(3);
}

const directory = option("--to", "docs/pictures");
const hours = Number(option("--hours", "50"));
mkdirSync(directory, { recursive: true });
const bundle = join(import.meta.dirname, "../../dist");
const page = await demoPage(hours, () => pageScripts(bundle, true));
const made: { readonly picture: string; readonly bytes: number }[] = [];
try {
  await page.hours(hours);
  void page.hours(Number.MAX_SAFE_INTEGER); // life goes on while it is photographed
  for (const [name, look] of Object.entries(looks)) {
    const path = join(directory, `${name}.png`);
    await withBrowser(look, async (context) => {
      const tab = await context.newPage();
      await tab.goto(`http://127.0.0.1:${page.port}/`);
      await tab.getByText("live", { exact: true }).waitFor();
      await tab.locator("svg").first().waitFor();
      const tall = (await tab.locator("html").boundingBox())?.height ?? look.height;
      const height = Math.min(tall, look.tallest);
      await tab.screenshot({
        path,
        fullPage: true,
        clip: { x: 0, y: 0, width: look.width, height },
      });
    });
    made.push({ picture: path, bytes: statSync(path).size });
    if (!args.includes("--json")) console.log(path);
  }
} finally {
  await page.close();
}
if (args.includes("--json")) console.log(JSON.stringify(made));
