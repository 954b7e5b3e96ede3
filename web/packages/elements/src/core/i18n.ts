import { en } from "../i18n/en.js";

/** A text of the catalog. */
export type Key = keyof typeof en;
export type Catalog = Record<Key, string>;

const others: Record<string, () => Promise<{ default: Catalog }>> = {
  de: () => import("../i18n/de.js"),
  es: () => import("../i18n/es.js"),
  fr: () => import("../i18n/fr.js"),
};

/** The catalog of a language such as `de-AT`; English where there is none. */
export async function catalogOf(language: string): Promise<Catalog> {
  const load = others[language.toLowerCase().split("-")[0] ?? ""];
  return load ? (await load()).default : en;
}

/** Looks texts up and fills in values: `{name}`. */
export function translator(catalog: Catalog) {
  return (key: Key, values: Record<string, string | number> = {}): string =>
    catalog[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
