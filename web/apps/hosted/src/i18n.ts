import { createI18n } from "@portico/ui";
import en from "./locales/en.json";

/** Another language is a file beside `en.json` and a line here. */
export const i18n = createI18n({
  fallback: { locale: "en", messages: en },
  load: {
    de: () => import("./locales/de.json"),
    es: () => import("./locales/es.json"),
    fr: () => import("./locales/fr.json"),
  },
});

export type Key = keyof typeof en;

export const useI18n = i18n.useI18n;

/** What the languages call themselves. */
export const languageNames: Record<string, string> = { en: "English", de: "Deutsch", es: "Español", fr: "Français" };
