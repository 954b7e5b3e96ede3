import { formatMessage } from "@portico/ui";
import { describe, expect, it } from "vitest";
import de from "../src/locales/de.json";
import en from "../src/locales/en.json";
import es from "../src/locales/es.json";
import fr from "../src/locales/fr.json";

const others: Record<string, Record<string, string>> = { de, es, fr };

/** The places of a message, with the cases of its choices. */
const places = (message: string) =>
  [...new Set([...message.matchAll(/\{\s*(\w+)\s*[,}]/g)].map((one) => one[1]))].sort();

describe.each(Object.entries(others))("the catalog %s", (locale, catalog) => {
  it("has the keys of the English one, and no others", () => {
    expect(Object.keys(catalog).sort()).toEqual(Object.keys(en).sort());
  });

  it("has the same places in every message, and words in all", () => {
    for (const [key, message] of Object.entries(en)) {
      expect([key, places(catalog[key] ?? "")]).toEqual([key, places(message)]);
      expect(catalog[key]?.trim()).not.toBe("");
    }
  });

  it("leaves no braces behind when it is filled", () => {
    for (const [key, message] of Object.entries(catalog)) {
      const values = Object.fromEntries(places(message).map((name) => [name ?? "", 2]));
      expect([key, formatMessage(message, values, locale)]).toEqual([key, expect.not.stringMatching(/[{}#]/)]);
    }
  });
});
