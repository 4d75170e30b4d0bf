import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { pageScripts } from "#agent/status-page/page-script.ts";
import { pageStyle } from "#agent/status-page/page-style.ts";

/** The script of the page as it is installed, in bytes at most: a router's flash pays for each. */
const scriptLimit = 16_384;

test("the script of the page is one small file that asks for no other, and is what is installed", async () => {
  const home = mkdtempSync(join(tmpdir(), "meshtoll-page-"));
  try {
    const bundle = await rolldown({ input: "router-agent/status-page/browser/page.ts" });
    await bundle.write({ file: join(home, "status-page.js"), format: "iife", minify: true });
    await bundle.close();
    const scripts = pageScripts(home, true);
    expect([...scripts.keys()]).toEqual(["/page.js"]);
    const text = scripts.get("/page.js") ?? "";
    expect(statSync(join(home, "status-page.js")).size).toBeLessThan(scriptLimit);
    expect(text).not.toMatch(/\bimport\b|\beval\b|innerHTML|https?:\/\/(?!www\.w3\.org)/);
    const { bundle: command } = (
      JSON.parse(readFileSync("package.json", "utf8")) as {
        readonly scripts: { readonly bundle: string };
      }
    ).scripts;
    expect(command).toContain("-o dist/status-page.js");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("from its sources the page is every module of its folder, without types", () => {
  const scripts = pageScripts();
  expect([...scripts.keys()]).toEqual(
    expect.arrayContaining(["/page.js", "/page.ts", "/chart.ts"]),
  );
  expect([...scripts.values()].join("\n")).not.toMatch(/^import type .*from/m);
});

/** Contrast of two colours (WCAG 2.2, 1.4.3). */
function contrast(one: string, other: string): number {
  const light = (colour: string) => {
    const full = colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour;
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(full.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high = 0, low = 0] = [light(one), light(other)].toSorted((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

test("every colour of text stands out from what it is written on, in the light and in the dark", () => {
  const schemes = pageStyle.match(/:root\{[^}]*\}/g) ?? [];
  expect(schemes).toHaveLength(2);
  for (const scheme of schemes) {
    const colours = new Map(
      Array.from(scheme.matchAll(/--([a-z-]+):(#[0-9a-f]{3,6})/g), (m) => [m[1], m[2] ?? ""]),
    );
    const on = (text: string, paper: string) =>
      contrast(colours.get(text) ?? "", colours.get(paper) ?? "");
    for (const text of ["ink", "soft", "one", "two", "good", "bad"]) {
      for (const paper of ["paper", "card"])
        expect(on(text, paper), `${text} on ${paper}`).toBeGreaterThan(4.5);
    }
    for (const look of ["good", "bad", "warn"]) {
      expect(on(look, `badge-${look}`), look).toBeGreaterThan(4.5);
      expect(on("ink", `badge-${look}`), look).toBeGreaterThan(4.5);
    }
  }
});
