import { describe, expect, it } from "vitest";
import { createI18n, formatMessage } from "../src/i18n";
import { chooseLocale } from "../src/locale";

describe("formatMessage", () => {
  it("fills places, and leaves those without a value visible", () => {
    expect(formatMessage("Hello {name}, {missing}", { name: "Ann" }, "en")).toBe("Hello Ann, {missing}");
  });

  it("chooses plurals by the rules of the language", () => {
    const message = "{n, plural, =0 {nobody} one {# person} other {# people}}";
    expect(formatMessage(message, { n: 0 }, "en")).toBe("nobody");
    expect(formatMessage(message, { n: 1 }, "en")).toBe("1 person");
    expect(formatMessage(message, { n: 12345 }, "en")).toBe("12,345 people");
    // French takes the singular for zero.
    expect(formatMessage("{n, plural, one {# personne} other {# personnes}}", { n: 0 }, "fr")).toBe("0 personne");
  });

  it("chooses by value, falls back to other, and goes on after the choice", () => {
    const message = "{who, select, me {you} other {{who}}} did it";
    expect(formatMessage(message, { who: "me" }, "en")).toBe("you did it");
    expect(formatMessage(message, { who: "Bob" }, "en")).toBe("Bob did it");
  });

  it("takes two choices in one message", () => {
    const message = "{a, plural, one {# cat} other {# cats}}, {b, plural, one {# dog} other {# dogs}} so far";
    expect(formatMessage(message, { a: 1, b: 2 }, "en")).toBe("1 cat, 2 dogs so far");
  });

  it("never reads places in values", () => {
    expect(formatMessage("{a}", { a: "{b}", b: "secret" }, "en")).toBe("{b}");
  });

  it("survives what is malformed", () => {
    for (const message of [
      "{",
      "}",
      "{n, plural, one {x",
      "{n, plural, }",
      "{ a b }",
      "{n, plural, one {#} other {#}",
    ]) {
      expect(typeof formatMessage(message, { n: 1 }, "en")).toBe("string");
    }
  });
});

describe("chooseLocale", () => {
  const available = ["en", "de", "pt-BR"];
  it("takes the exact one, then the language, in the order of wishes", () => {
    expect(chooseLocale(["de-AT", "en"], available, "en")).toBe("de");
    expect(chooseLocale(["pt"], available, "en")).toBe("pt-BR");
    expect(chooseLocale(["PT-br"], available, "en")).toBe("pt-BR");
    expect(chooseLocale(["ja", "de"], available, "en")).toBe("de");
    expect(chooseLocale(["ja"], available, "en")).toBe("en");
  });
});

describe("createI18n", () => {
  const make = (load: () => Promise<{ default: Record<string, string> }>) =>
    createI18n({ fallback: { locale: "en", messages: { hi: "Hi", bye: "Bye" } }, load: { de: load } });

  it("changes language, and falls back for what a catalog lacks", async () => {
    const i18n = make(async () => ({ default: { hi: "Hallo" } }));
    await i18n.setLocale("de", false);
    expect([i18n.locale, i18n.t("hi"), i18n.t("bye")]).toEqual(["de", "Hallo", "Bye"]);
  });

  it("ignores languages that it does not have", async () => {
    const i18n = make(async () => ({ default: {} }));
    await i18n.setLocale("xx", false);
    expect(i18n.locale).toBe("en");
  });

  it("lets the last choice win over one that loads longer", async () => {
    let loaded = () => {};
    const i18n = make(
      () =>
        new Promise((resolve) => {
          loaded = () => resolve({ default: { hi: "Hallo" } });
        }),
    );
    const first = i18n.setLocale("de", false);
    await i18n.setLocale("en", false);
    loaded();
    await first;
    expect([i18n.locale, i18n.t("hi")]).toEqual(["en", "Hi"]);
  });

  it("starts in the fallback when a catalog does not load", async () => {
    const i18n = make(() => Promise.reject(new Error("offline")));
    await i18n.start("de");
    expect(i18n.locale).toBe("en");
  });
});
