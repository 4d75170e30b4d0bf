import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Sample } from "#agent/status-page/sampler.ts";
import { browserObstacle, type Look, withBrowser } from "../pictures/browser.ts";
import { type PageWorld, withAnswers, withPage } from "./page-world.ts";
import { served } from "./served.ts";

const desktop: Look = { width: 1200, height: 800, scheme: "light", density: 1 };
const phone: Look = { width: 320, height: 640, scheme: "dark", density: 1 };
const password = "a-long-enough-password";

/** What a browser complained about, and asked for. */
interface Seen {
  readonly complaints: string[];
  readonly urls: string[];
}

/** Opens the page of a world, once it shows something. */
function looking(
  world: PageWorld,
  look: Look,
  story: (tab: Page, seen: Seen) => Promise<void>,
  secret?: string,
): Promise<void> {
  return served(
    world.read,
    (port) =>
      withBrowser(look, async (context) => {
        const tab = await context.newPage();
        const seen: Seen = { complaints: [], urls: [] };
        tab.on("console", (message) => {
          if (message.type() === "error") seen.complaints.push(message.text());
        });
        tab.on("pageerror", (error) => seen.complaints.push(String(error)));
        tab.on("request", (request) => seen.urls.push(request.url()));
        await tab.goto(`http://127.0.0.1:${port}/`);
        await tab.getByText("live", { exact: true }).waitFor();
        await story(tab, seen);
        expect(
          seen.urls.filter(
            (url) => !url.startsWith(`http://127.0.0.1:${port}/`) && url !== "data:,",
          ),
        ).toEqual([]);
      }),
    secret === undefined ? {} : { password: secret },
  );
}

const samples: readonly Sample[] = Array.from({ length: 60 }, (_, i) => ({
  at: i * 5000,
  sent: BigInt(i) * 1_000_000n,
  received: BigInt(i) * 400_000n,
  owed: BigInt(i) * 10n ** 13n,
  earned: 0n,
}));
const sampler = { samples: () => samples, forget: () => {} };

if (browserObstacle !== undefined) {
  console.warn(`the page is not looked at: ${browserObstacle}`);
}

const { CI } = process.env;

describe.skipIf(browserObstacle !== undefined && CI === undefined)("the page in a browser", () => {
  test("shows neighbours, balance and plots, asks nobody else, and breaks no rule of its own", () =>
    withPage(
      (world) =>
        looking(world, desktop, async (tab, { complaints }) => {
          await tab.getByRole("heading", { name: "b", exact: true }).waitFor();
          expect(await tab.locator("#cards li").first().innerText()).toContain("0.99");
          expect(await tab.locator("article").innerText()).toContain("0.05 USDC/GB");
          expect(await tab.locator("svg").count()).toBe(2);
          expect(await tab.locator("#plots").innerText()).toContain("history is off");
          expect(complaints).toEqual([]);
        }),
      undefined,
      sampler,
    ));

  test("fits a phone of 320 pixels in the dark, without scrolling sideways", () =>
    withPage(
      (world) =>
        looking(world, phone, async (tab) => {
          const box = await tab.locator("body").boundingBox();
          expect(box?.width).toBeLessThanOrEqual(320);
          const wide = "document.documentElement.scrollWidth";
          expect(await tab.evaluate(wide)).toBeLessThanOrEqual(320);
        }),
      withAnswers({ routes: routesOfRouting, incidents: oneIncident }),
      sampler,
    ));

  test("shows routes with their reasons, and incidents with what to do", () =>
    withPage(
      (world) =>
        looking(world, desktop, async (tab) => {
          const routes = await tab.locator("#routes").innerText();
          for (const words of ["10.7.0.0/16", "0.06 USDC/GB", "1.25 %", "12 ms", "cheaper"]) {
            expect(routes).toContain(words);
          }
          await tab.locator("#routes summary").click();
          expect(await tab.locator("#routes").innerText()).toContain("c: 0.09 USDC/GB");
          expect(await tab.locator("#incidents").innerText()).toContain("look at the cable");
          expect(await tab.locator("article").innerText()).toContain("0.20 % out, 0 % in, 1.5 ms");
        }),
      withAnswers({ routes: routesOfRouting, incidents: oneIncident }),
    ));

  test("words from outside stay words: markup in them is shown, not obeyed", () => {
    const evil = '<img src="https://evil.example/x" onerror="alert(1)"><script>alert(2)</script>';
    return withPage(
      (world) =>
        looking(world, desktop, async (tab, { complaints }) => {
          expect(await tab.locator("#incidents").innerText()).toContain(evil);
          expect(await tab.locator("img").count()).toBe(0);
          expect(complaints).toEqual([]);
        }),
      withAnswers({
        incidents: {
          incidents: [{ ...oneIncident.incidents[0], subject: evil, detected: evil }],
        },
      }),
    );
  });

  test("a chart is read with the arrow keys, and says so to those who do not see it", () =>
    withPage(
      (world) =>
        looking(world, desktop, async (tab) => {
          const chart = tab.locator("svg").first();
          expect(await chart.getAttribute("aria-label")).toMatch(
            /^Paid traffic now\. now: sent 1\.6 Mbit\/s/,
          );
          await chart.focus();
          await tab.keyboard.press("ArrowLeft");
          await tab.keyboard.press("ArrowLeft");
          expect(await tab.locator(".reading").first().innerText()).toContain(
            "10 s ago: sent 1.6 Mbit/s",
          );
        }),
      undefined,
      sampler,
    ));

  test("with a password it asks for it, and shows everything once it has it", () =>
    withPage((world) =>
      looking(
        world,
        { ...desktop, password },
        async (tab) => {
          await tab.getByRole("heading", { name: "b", exact: true }).waitFor();
        },
        password,
      ),
    ));

  test("an agent that ended is said to have ended, with the time of what is shown", () =>
    withPage((world) =>
      withBrowser(desktop, async (context) => {
        const tab = await context.newPage();
        await served(world.read, async (port) => {
          await tab.goto(`http://127.0.0.1:${port}/`);
          await tab.getByText("live", { exact: true }).waitFor();
        });
        await tab.getByText("the agent does not answer").waitFor();
        expect(await tab.locator("#connection").innerText()).toMatch(
          /this is from .*next try in 10 s/,
        );
        expect(await tab.locator("article").count()).toBe(1);
      }),
    ));
});

const routesOfRouting = {
  babel: "up",
  links: [{ neighbour: "b", alive: true, lossOut: "2000", lossIn: "0", delay: "1500" }],
  routes: [
    {
      prefix: "10.7.0.0/16",
      via: "b",
      class: 1,
      price: "60000000",
      loss: "12500",
      delay: "12000",
      why: "cheaper by a third, and not much worse",
      alternatives: [{ via: "c", price: "90000000", loss: "0", delay: "3000", feasible: true }],
    },
    { prefix: "10.8.0.0/16", why: "no way may be taken: plain Babel decides", alternatives: [] },
  ],
};

const oneIncident = {
  incidents: [
    {
      kind: "tunnel without handshake",
      subject: "b",
      since: 1_790_000_000,
      detected: "nothing came back for three minutes",
      action: "it calls again",
      advice: "look at the cable",
      open: true,
    },
  ],
};
