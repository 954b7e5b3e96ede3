/** Whether a text is a color that may go into a style: `#rgb` or `#rrggbb`. */
export const isHexColor = (value: unknown): value is string =>
  typeof value === "string" && /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(value);

/** Relative luminance, 0 to 1 (WCAG 2.2). */
export function luminance(hex: string): number {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join("") : hex.slice(1);
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const channel = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colors, 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** White or near-black, whichever reads better on `hex`. One of the two always reaches 4.5. */
export const readableOn = (hex: string): string =>
  contrast(hex, "#ffffff") >= contrast(hex, "#000000") ? "#ffffff" : "#000000";

/** Sets the accent of the page from a brand color; what is no hex color changes nothing. */
export function applyAccent(hex: unknown, root: HTMLElement = document.documentElement): void {
  if (!isHexColor(hex)) return;
  root.style.setProperty("--accent-base", hex);
  root.style.setProperty("--accent-fg", readableOn(hex));
}

export type Theme = "system" | "light" | "dark";

const themeKey = "portico.theme";

/** The saved choice; `system` without one. */
export function savedTheme(): Theme {
  try {
    const saved = localStorage.getItem(themeKey);
    return saved === "light" || saved === "dark" ? saved : "system";
  } catch {
    return "system";
  }
}

/** Applies a choice, and saves it unless told not to. */
export function setTheme(theme: Theme, save = true): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  if (!save) return;
  try {
    if (theme === "system") localStorage.removeItem(themeKey);
    else localStorage.setItem(themeKey, theme);
  } catch {
    // Storage may be off; the choice then lasts as long as the page.
  }
}
