import { createElement, Fragment, type ReactNode, useSyncExternalStore } from "react";
import { chooseLocale, STORAGE_KEY, wantedLocales } from "./locale";

/** What may fill a place of a message. */
export type MessageValue = string | number;

/** Flat: key to message. Messages know `{name}`, `{n, plural, =0 {…} one {# …} other {# …}}` and `{x, select, a {…} other {…}}`. */
export type Catalog = Readonly<Record<string, string>>;

type Part = string | { name: string } | { name: string; kind: "plural" | "select"; cases: ReadonlyMap<string, Part[]> };

/** Reads a message until its end or an unmatched `}`. Text that is no place stays as it is. */
function parse(text: string, start: number, nested: boolean): { parts: Part[]; end: number } {
  const parts: Part[] = [];
  let at = start;
  let plain = "";
  const flush = () => {
    if (plain) parts.push(plain);
    plain = "";
  };
  while (at < text.length) {
    const letter = text[at];
    if (letter === "}" && nested) break;
    if (letter !== "{") {
      plain += letter;
      at += 1;
      continue;
    }
    const simple = /^\{\s*(\w+)\s*\}/.exec(text.slice(at));
    if (simple?.[1]) {
      flush();
      parts.push({ name: simple[1] });
      at += simple[0].length;
      continue;
    }
    const choice = /^\{\s*(\w+)\s*,\s*(plural|select)\s*,\s*/.exec(text.slice(at));
    if (!choice?.[1]) {
      plain += letter;
      at += 1;
      continue;
    }
    flush();
    at += choice[0].length;
    const cases = new Map<string, Part[]>();
    for (
      let head = /^\s*(=?\w+)\s*\{/.exec(text.slice(at));
      head?.[1];
      head = /^\s*(=?\w+)\s*\{/.exec(text.slice(at))
    ) {
      const inner = parse(text, at + head[0].length, true);
      cases.set(head[1], inner.parts);
      at = inner.end + 1;
    }
    at = text.indexOf("}", at) + 1 || text.length;
    parts.push({ name: choice[1], kind: choice[2] as "plural" | "select", cases });
  }
  flush();
  return { parts, end: at };
}

function evaluate<Value>(
  parts: readonly Part[],
  values: Readonly<Record<string, Value | MessageValue>>,
  locale: string,
  count: number | null,
): (string | Value)[] {
  return parts.flatMap((part): (string | Value)[] => {
    if (typeof part === "string") {
      return [count === null ? part : part.replaceAll("#", new Intl.NumberFormat(locale).format(count))];
    }
    const value = values[part.name];
    if (!("cases" in part)) {
      if (value === undefined) return [`{${part.name}}`];
      return [typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : (value as string | Value)];
    }
    if (part.kind === "select") {
      const chosen = part.cases.get(String(value)) ?? part.cases.get("other") ?? [];
      return evaluate(chosen, values, locale, count);
    }
    const number = Number(value);
    const rule = Number.isFinite(number) ? new Intl.PluralRules(locale).select(number) : "other";
    const chosen = part.cases.get(`=${number}`) ?? part.cases.get(rule) ?? part.cases.get("other") ?? [];
    return evaluate(chosen, values, locale, number);
  });
}

/** Fills a message. A place without a value stays visible, so that it is noticed. */
export function formatMessage(message: string, values: Readonly<Record<string, MessageValue>>, locale: string): string {
  return evaluate(parse(message, 0, false).parts, values, locale, null).join("");
}

export interface I18nOptions<Messages extends Catalog, Locale extends string> {
  /** The catalog that has every key: it types them, and stands in for what another lacks. */
  fallback: { locale: Locale; messages: Messages };
  /** The others, loaded when chosen: `{ de: () => import("./de.json") }`. */
  load?: Partial<Record<string, () => Promise<{ default: Catalog }>>> | undefined;
  /** Where the choice is saved. */
  storageKey?: string | undefined;
}

export type Translate<Key extends string> = (key: Key, values?: Readonly<Record<string, MessageValue>>) => string;

export interface I18n<Key extends string> {
  /** Translates with the locale of now. In components, take `useI18n`, which follows changes. */
  t: Translate<Key>;
  /** Like `t`, with elements in the places. */
  rich: (key: Key, values: Readonly<Record<string, ReactNode>>) => ReactNode;
  /** Whether a key exists, for keys that are put together, such as error codes. */
  has: (key: string) => key is Key;
  readonly locale: string;
  readonly locales: readonly string[];
  /** Loads a catalog and changes to it. `save` (the default) keeps the choice for the next visit. */
  setLocale: (locale: string, save?: boolean) => Promise<void>;
  /** Chooses by `?locale`, the saved choice, then the browser's languages. Call it once before rendering. */
  start: (requested?: string | null) => Promise<void>;
  subscribe: (listener: () => void) => () => void;
  /** `t`, `rich` and the locale, following changes. */
  useI18n: () => { t: Translate<Key>; rich: I18n<Key>["rich"]; locale: string; setLocale: I18n<Key>["setLocale"] };
}

/** Makes the translations of an app. */
export function createI18n<const Messages extends Catalog, Locale extends string>(
  options: I18nOptions<Messages, Locale>,
): I18n<keyof Messages & string> {
  type Key = keyof Messages & string;
  const { fallback, load = {}, storageKey = STORAGE_KEY } = options;
  const locales = [fallback.locale, ...Object.keys(load).filter((one) => one !== fallback.locale)];
  const listeners = new Set<() => void>();
  let locale: string = fallback.locale;
  let messages: Catalog = fallback.messages;
  let wanted = 0;

  const message = (key: Key): string => messages[key] ?? fallback.messages[key] ?? key;
  // A message that falls back is in the fallback's language: its plurals follow that.
  const localeOf = (key: Key): string => (key in messages ? locale : fallback.locale);

  const t: Translate<Key> = (key, values = {}) => formatMessage(message(key), values, localeOf(key));
  const rich: I18n<Key>["rich"] = (key, values) => {
    const parts = evaluate<ReactNode>(
      parse(message(key), 0, false).parts,
      values as Record<string, ReactNode>,
      localeOf(key),
      null,
    );
    return createElement(Fragment, null, ...parts);
  };

  const setLocale = async (next: string, save = true): Promise<void> => {
    wanted += 1;
    const mine = wanted;
    const loader = next === fallback.locale ? undefined : load[next];
    if (next !== fallback.locale && !loader) return;
    const loaded: Catalog = loader ? (await loader()).default : fallback.messages;
    // Somebody may have chosen again while this one loaded.
    if (mine !== wanted) return;
    locale = next;
    messages = loaded;
    if (typeof document !== "undefined") document.documentElement.lang = next;
    if (save) {
      try {
        localStorage.setItem(storageKey, next);
      } catch {
        // Storage may be off; the choice then lasts as long as the page.
      }
    }
    for (const listener of listeners) listener();
  };

  const start = async (requested?: string | null): Promise<void> => {
    const chosen = chooseLocale(wantedLocales(requested, storageKey), locales, fallback.locale);
    try {
      await setLocale(chosen, false);
    } catch {
      // A catalog that does not load must not keep the page from showing.
      await setLocale(fallback.locale, false);
    }
  };

  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };

  return {
    t,
    rich,
    has: (key): key is Key => Object.hasOwn(fallback.messages, key),
    get locale() {
      return locale;
    },
    locales,
    setLocale,
    start,
    subscribe,
    useI18n: () => {
      const now = useSyncExternalStore(
        subscribe,
        () => locale,
        () => locale,
      );
      return { t, rich, locale: now, setLocale };
    },
  };
}
