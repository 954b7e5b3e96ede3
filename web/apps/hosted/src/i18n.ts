import { createI18n } from "@portico/ui";
import { catalogs, FALLBACK } from "./languages";
import en from "./locales/en.json";

export const i18n = createI18n({ fallback: { locale: FALLBACK, messages: en }, load: catalogs });

export type Key = keyof typeof en;

export const useI18n = i18n.useI18n;

/** What the languages call themselves. */
export const languageNames: Record<string, string> = { en: "English", de: "Deutsch", es: "Español", fr: "Français" };
