import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

/** Where Debian puts it (package chromium). */
const program = "/usr/bin/chromium";

/** Why there is no browser; nothing where there is one. */
export const browserObstacle = existsSync(program) ? undefined : `${program} is not installed`;

/** How a page is looked at. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  /** Pixels of the picture for each of the page. */
  readonly density: number;
  readonly password?: string;
}

/** Opens a browser of its own, with nothing in it, and reaches nothing but this machine. */
export async function withBrowser<A>(
  { width, height, scheme, density, password }: Look,
  story: (context: BrowserContext) => Promise<A>,
): Promise<A> {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-browser-"));
  const context = await chromium.launchPersistentContext(home, {
    executablePath: program,
    headless: true,
    viewport: { width, height },
    deviceScaleFactor: density,
    colorScheme: scheme,
    locale: "en-GB",
    timezoneId: "UTC",
    ...(password === undefined ? {} : { httpCredentials: { username: "me", password } }),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
  try {
    return await story(context);
  } finally {
    await context.close();
    rmSync(home, { recursive: true, force: true });
  }
}
