import { chooseLocale, wantedLocales } from "@portico/ui/locale";

/** What the pages are written in. */
export const FALLBACK = "en";

/** The other languages: each is a file beside `en.json` and a line here. */
export const catalogs: Record<string, () => Promise<{ default: Record<string, string> }>> = {
  de: () => import("./locales/de.json"),
  es: () => import("./locales/es.json"),
  fr: () => import("./locales/fr.json"),
};

/** The language that an address asks for. */
export const requestedLocale = () => new URLSearchParams(location.search).get("locale");

/** Begins to load the words that the page will be in, which then are there, or nearly, when it is rendered. */
export function bringWords(): void {
  const chosen = chooseLocale(wantedLocales(requestedLocale()), [FALLBACK, ...Object.keys(catalogs)], FALLBACK);
  // Without them the page is in the other language.
  catalogs[chosen]?.().catch(() => undefined);
}
