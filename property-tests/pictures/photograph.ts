import { type Look, withBrowser } from "./browser.ts";

/** What is photographed: a page that is live, and of it all or one part. */
export interface Subject {
  readonly address: string;
  readonly path: string;
  readonly look: Look;
  /** A CSS selector of one part; the whole page without it. */
  readonly part?: string;
  /** Words that the page has to show before. */
  readonly shows?: string;
  /** Pixels of the page beyond which a picture of all of it ends. */
  readonly tallest?: number;
}

/** Takes a PNG of a status page in a browser of its own, once the page has heard from its agent. */
export async function photograph(subject: Subject): Promise<void> {
  const { address, path, look, part, shows, tallest = look.height } = subject;
  await withBrowser(look, async (context) => {
    const tab = await context.newPage();
    await tab.goto(address);
    await tab.getByText("live", { exact: true }).waitFor();
    await tab.locator("svg").first().waitFor();
    if (shows !== undefined) await tab.getByText(shows).first().waitFor();
    if (part !== undefined) {
      // What can be unfolded is.
      for (const one of await tab.locator(`${part} summary`).all()) await one.click();
      await tab.locator(part).screenshot({ path });
      return;
    }
    const tall = (await tab.locator("html").boundingBox())?.height ?? look.height;
    const clip = { x: 0, y: 0, width: look.width, height: Math.min(tall, tallest) };
    await tab.screenshot({ path, fullPage: true, clip });
  });
}
