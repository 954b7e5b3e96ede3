import { expect, test } from "vitest";
import { catalogOf, translator } from "../src/core/i18n.js";
import de from "../src/i18n/de.js";
import { en } from "../src/i18n/en.js";
import es from "../src/i18n/es.js";
import fr from "../src/i18n/fr.js";

const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([value]) => value).sort();

test.each([
  ["de", de],
  ["es", es],
  ["fr", fr],
])("%s says everything, with the same values", (_, catalog) => {
  expect(Object.keys(catalog).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    expect(values(catalog[key as keyof typeof en]), key).toEqual(values(text));
  }
});

test("a region falls back to its language, the unknown to English", async () => {
  expect(await catalogOf("de-AT")).toBe(de);
  expect(await catalogOf("es-MX")).toBe(es);
  expect(await catalogOf("FR")).toBe(fr);
  expect(await catalogOf("tlh")).toBe(en);
  expect(translator(en)("user.menu", { name: "Ann {x}" })).toBe("Account of Ann {x}");
});
