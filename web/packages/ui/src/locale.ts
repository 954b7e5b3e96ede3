/** Which language somebody reads. Apart from the translations, so that an app can ask for a catalog before it has their code. */

/** Where the choice is saved unless an app says otherwise. */
export const STORAGE_KEY = "portico.locale";

/** What somebody wants to read, most wanted first: what was asked for, the saved choice, then the browser's languages. */
export function wantedLocales(requested?: string | null, storageKey: string = STORAGE_KEY): string[] {
  let saved: string | null = null;
  try {
    saved = localStorage.getItem(storageKey);
  } catch {
    // Storage may be off.
  }
  const languages = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
  return [requested, saved, ...languages].filter((one): one is string => Boolean(one));
}

/** The best of `available` for the languages that someone reads, most wanted first: exact, then by language. */
export function chooseLocale(wanted: readonly string[], available: readonly string[], fallback: string): string {
  for (const one of wanted) {
    const exact = available.find((locale) => locale.toLowerCase() === one.toLowerCase());
    if (exact) return exact;
    const language = one.toLowerCase().split("-")[0];
    const near = available.find((locale) => locale.toLowerCase().split("-")[0] === language);
    if (near) return near;
  }
  return fallback;
}
