type Child = Node | string | undefined;

/** Attributes by their names; what is undefined or false is left away. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element of HTML. Texts become text nodes: nothing that came over the network is ever markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** An element of SVG. */
export function shape<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled<E extends Element>(made: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

/** The place of a page with an id that its markup has. */
export function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

const shown = new WeakMap<Element, string>();

/**
 * Fills a place with what was made of some data, if that data is another than last time: what is
 * being read, selected or scrolled stays. Details that were open are open again.
 */
export function fill(container: HTMLElement, data: unknown, make: () => readonly Child[]): void {
  const text = JSON.stringify(data);
  if (shown.get(container) === text) return;
  shown.set(container, text);
  const open = new Set(
    Array.from(container.querySelectorAll("details[open]"), (one) => one.getAttribute("data-key")),
  );
  const scrolled = container.querySelector(".scroll")?.scrollLeft ?? 0;
  container.replaceChildren(...make().filter((one) => one !== undefined));
  for (const one of container.querySelectorAll("details")) {
    if (open.has(one.getAttribute("data-key"))) one.setAttribute("open", "");
  }
  const scroll = container.querySelector(".scroll");
  if (scroll !== null) scroll.scrollLeft = scrolled;
}
