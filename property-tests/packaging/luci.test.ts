import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { exampleConfig } from "#agent/config/example-config.ts";
import { sectionsMark, settingsSections, settingsView } from "#agent/packaging/settings-view.ts";

const files = fileURLToPath(
  new URL("../../router-agent/packaging/openwrt/files/", import.meta.url),
);
const views = "www/luci-static/resources/view/meshtoll";
const text = (path: string): string => readFileSync(`${files}${path}`, "utf8");

/** An element as LuCI's E() makes it: a name, attributes, children. */
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly children: readonly (Element | string)[];
}

/** Everything a person would read of an element, in order. */
function read(element: Element | string): string {
  return typeof element === "string" ? element : element.children.map(read).join(" ");
}

/** What a view returns to LuCI. */
interface View {
  readonly load?: () => Promise<unknown>;
  readonly render: (loaded?: unknown) => Element | Promise<Element>;
}

/** LuCI's loader reads `require` lines and calls the rest as a function of what they name. */
function loaded(source: string, modules: Readonly<Record<string, unknown>>): View {
  const wanted = Array.from(source.matchAll(/^'require ([a-z]+)';$/gm), ([, name = ""]) => name);
  expect(Object.keys(modules)).toEqual(expect.arrayContaining(wanted));
  const E = (name: string, attributes: object, children: readonly unknown[] = []) => ({
    name,
    attributes,
    children,
  });
  const given = { E, _: (words: string) => words, ...modules };
  const names = Object.keys(given);
  const made = runInNewContext(`(function(${names.join(", ")}) {${source}\n})`) as (
    ...all: readonly unknown[]
  ) => View;
  return made(...Object.values(given));
}

const view = { extend: (it: View) => it };

/** Answers of `ubus call meshtoll ...`, by method; the polled functions are kept. */
function statusView(answers: Readonly<Record<string, unknown>>) {
  const polled: (() => Promise<void>)[] = [];
  const shown: (readonly Element[])[] = [];
  const asked: string[] = [];
  const it = loaded(text(`${views}/status.js`), {
    view,
    rpc: {
      declare:
        ({ object, method }: { readonly object: string; readonly method: string }) =>
        async () => {
          asked.push(`${object} ${method}`);
          return answers[method] ?? { error: `unknown request "${method}"` };
        },
    },
    poll: { add: (work: () => Promise<void>) => polled.push(work) },
    uci: { load: async () => undefined, get: () => null },
    dom: { content: (_: Element, children: readonly Element[]) => shown.push(children) },
  });
  return { it, polled, shown, asked };
}

const status = {
  node: "02aa",
  names: { "03bb": "anna" },
  alarms: ["an invariant is broken"],
  neighbours: [
    {
      id: "03bb",
      standing: "open",
      accounts: [
        {
          class: 1,
          direction: "we pay",
          position: "123456789012345678901",
          amount: "1234567890000000000000",
          settled: "-1500000000000",
        },
      ],
    },
  ],
};

describe("LuCI's page of accounts", () => {
  test("shows every account, exact where floats are not, and alarms first", async () => {
    const { it } = statusView({ status: { answer: status } });
    const words = read(await it.render(await it.load?.()));
    expect(words).toMatch(/an invariant is broken.*Node 02aa.*anna.*open.*1.*we pay/s);
    expect(words).toContain("123456789 TB");
    expect(words).toContain("1234.567890 USDC");
    expect(words).toContain("-0.000001 USDC");
  });

  test("says in the agent's own words that there is none, and looks again", async () => {
    const { it, polled, shown, asked } = statusView({ status: { error: "no agent is running" } });
    expect(read(await it.render(await it.load?.()))).toContain("no agent is running");
    const before = asked.length;
    await polled[0]?.();
    expect(asked.length).toBeGreaterThan(before);
    expect(shown[0]?.map(read).join()).toContain("no agent is running");
  });

  test("is silent about parts that this agent has not, and shows those it has", async () => {
    const bare = statusView({ status: { answer: status } }).it;
    expect(read(await bare.render(await bare.load?.()))).not.toMatch(/Incidents|Routes/);
    const incident = {
      kind: "silent",
      subject: "anna",
      since: "1",
      action: "none",
      advice: "wait",
    };
    const route = { prefix: "10.7.0.0/16", via: "anna", class: 1, price: "50", why: "cheapest" };
    const full = statusView({
      status: { answer: status },
      incidents: { answer: { incidents: [{ ...incident, open: true }] } },
      routes: { answer: { babel: "up", routes: [route] } },
    }).it;
    const words = read(await full.render(await full.load?.()));
    expect(words).toMatch(/Incidents.*silent.*wait.*Routes.*10\.7\.0\.0\/16.*cheapest/s);
  });
});

/** LuCI's form, as far as the page of settings uses it. */
function formStub() {
  const made: { type: string; options: string[] }[] = [];
  class SectionStub {
    readonly options: string[] = [];
    option(kind: string, key: string): object {
      this.options.push(`${kind} ${key}`);
      return {};
    }
  }
  class MapStub {
    readonly name: string;
    constructor(name: string) {
      this.name = name;
    }
    section(kind: string, ...rest: readonly string[]): SectionStub {
      const section = new SectionStub();
      const type = kind === "NamedSection" ? `${rest[0]} ${rest[1]}` : (rest[0] ?? "");
      made.push({ type, options: section.options });
      return section;
    }
    render(): Element {
      return { name: this.name, attributes: {}, children: [] };
    }
  }
  const kinds = ["Value", "DynamicList", "NamedSection", "GridSection"];
  const form = { Map: MapStub, ...Object.fromEntries(kinds.map((one) => [one, one])) };
  return { form, made };
}

describe("LuCI's page of settings", () => {
  test("has every option that the agent's own example explains, and no other", async () => {
    const { form, made } = formStub();
    const it = loaded(settingsView(text(`${views}/settings.js`)), { view, form });
    expect((await it.render()).name).toBe("meshtoll");
    expect(made.map(({ type }) => type)).toEqual(["main meshtoll", "neighbour", "route"]);
    const explained = exampleConfig
      .split("\n")
      .flatMap((line) => /^\t(?:# )?(option|list) (\w+) '/.exec(line)?.slice(1, 3).join(" ") ?? []);
    const shown = made.flatMap(({ options }) =>
      options.map((one) => one.replace("DynamicList", "list").replace("Value", "option")),
    );
    expect(shown).toEqual(explained);
  });

  test("has words for each, and leaves no place empty", () => {
    for (const { options } of settingsSections) {
      for (const { about } of options) expect(about).toMatch(/\.$/);
    }
    expect(settingsView(text(`${views}/settings.js`))).not.toContain(sectionsMark);
    expect(() => settingsView("no place")).toThrow("no place");
  });
});

describe("what LuCI may do", () => {
  const acl = JSON.parse(text("usr/share/rpcd/acl.d/luci-app-meshtoll.json"));
  const menu = JSON.parse(text("usr/share/luci/menu.d/luci-app-meshtoll.json"));

  test("is to look, to settle, and to change this package's configuration", () => {
    const { read: reading, write: writing } = acl["luci-app-meshtoll"];
    expect(reading.uci).toEqual(["meshtoll"]);
    expect(writing).toEqual({ ubus: { meshtoll: ["settle"] }, uci: ["meshtoll"] });
    expect(Object.keys(reading)).toEqual(["ubus", "uci"]);
  });

  test("covers what its pages ask for, and the menu leads to pages that are there", async () => {
    const { it, asked } = statusView({ status: { answer: status } });
    const page = (await it.render(await it.load?.())) as Element;
    const button = page.children.at(-1) as Element;
    const { click } = button.attributes;
    await (click as () => Promise<unknown>)();
    const { read: reading, write: writing } = acl["luci-app-meshtoll"];
    const allowed = [...reading.ubus.meshtoll, ...writing.ubus.meshtoll];
    expect(allowed.map((one: string) => `meshtoll ${one}`)).toEqual(expect.arrayContaining(asked));
    expect(asked).toContain("meshtoll settle");
    const actions = Object.values(menu) as { action: { type: string; path?: string } }[];
    const paths = actions.flatMap(({ action }) => action.path ?? []);
    expect(paths).toEqual(["meshtoll/status", "meshtoll/settings"]);
    for (const path of paths)
      expect(text(`www/luci-static/resources/view/${path}.js`)).not.toBe("");
  });
});
