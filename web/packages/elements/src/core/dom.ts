type Child = Node | string | null | undefined | false;
type Props = Record<string, unknown>;

/** Makes an element: `on…` are listeners, `.name` sets a property, `false`, null and undefined leave an attribute away. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value as EventListener);
    else if (name.startsWith(".")) Object.assign(element, { [name.slice(1)]: value });
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return element;
}

const PATHS = {
  chevron: "M4 6l4 4 4-4",
  check: "M3 8.5l3.2 3L13 4.5",
  plus: "M8 3v10M3 8h10",
  user: "M8 8a3 3 0 100-6 3 3 0 000 6zM2.5 14a5.5 5.5 0 0111 0",
  exit: "M6 2.5H3v11h3M10 5l3 3-3 3M13 8H6",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  up: "M8 13V3M4 7l4-4 4 4",
} as const;

/** A drawing that a screen reader passes over. */
export function icon(name: keyof typeof PATHS): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }))
    svg.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The first letters of a name, for where there is no picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : ""].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase() || "?";
}

/** A picture or initials. */
export function avatar(
  name: string,
  image: string | null | undefined,
  shape: "round" | "square" = "round",
): HTMLElement {
  const frame = h("span", { class: `avatar ${shape}`, part: "avatar", "aria-hidden": "true" }, initials(name));
  if (image && /^(https?:|data:image\/)/.test(image)) {
    const picture = h("img", { src: image, alt: "", referrerpolicy: "no-referrer", onerror: () => picture.remove() });
    frame.append(picture);
  }
  return frame;
}
