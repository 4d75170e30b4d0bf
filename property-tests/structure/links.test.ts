import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const pages = [...globSync("*.md"), ...globSync("docs/**/*.md")];

/** The anchors of a page, as the usual renderers make them from its headings. */
function anchorsOf(page: string): readonly string[] {
  return Array.from(readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm), (match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

function deadLinksOf(page: string): readonly string[] {
  const links = Array.from(
    readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)\s]+)\)/g),
    (match) => match[1] ?? "",
  );
  return links.filter((link) => {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

test("every link from page to page leads somewhere, to the heading it names", () => {
  expect(pages).toContain("README.md");
  expect(pages.flatMap((page) => deadLinksOf(page).map((link) => `${page}: ${link}`))).toEqual([]);
});

test("files and folders that pages name in code style exist", () => {
  const named = /`((?:core|adapters|router-agent|property-tests|docs|\.ci)\/[a-z0-9./-]+)`/g;
  const missing = pages.flatMap((page) =>
    Array.from(readFileSync(page, "utf8").matchAll(named), (match) => match[1] ?? "")
      .filter((path) => !existsSync(path))
      .map((path) => `${page}: ${path}`),
  );
  expect(missing).toEqual([]);
});
