import { createContext, type ReactNode, useContext } from "react";

/** The words that the components themselves say. An app passes its own through `UiProvider`. */
export interface UiStrings {
  close: string;
  cancel: string;
  confirm: string;
  copy: string;
  copied: string;
  copyFailed: string;
  showPassword: string;
  hidePassword: string;
  loading: string;
  required: string;
  optional: string;
  previous: string;
  next: string;
  /** Takes `{from}`, `{to}` and `{total}`. */
  range: string;
  retry: string;
  notifications: string;
  capsLock: string;
  typeToConfirm: string;
  errorTitle: string;
  errorOffline: string;
  errorDetail: string;
  traceId: string;
  tableFallback: string;
}

export const englishStrings: UiStrings = {
  close: "Close",
  cancel: "Cancel",
  confirm: "Confirm",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "Could not copy. Select the text and copy it yourself.",
  showPassword: "Show password",
  hidePassword: "Hide password",
  loading: "Loading",
  required: "required",
  optional: "Optional",
  previous: "Previous",
  next: "Next",
  range: "{from}–{to} of {total}",
  retry: "Try again",
  notifications: "Notifications",
  capsLock: "Caps Lock is on",
  typeToConfirm: "Type {text} to confirm",
  errorTitle: "Something went wrong",
  errorOffline: "The server could not be reached. Check your connection and try again.",
  errorDetail: "The server could not do this. Try again in a moment.",
  traceId: "Request ID",
  tableFallback: "Data of the chart",
};

const Strings = createContext<UiStrings>(englishStrings);
const Locale = createContext<string | undefined>(undefined);

export interface UiProviderProps {
  children: ReactNode;
  /** Replaces single words or all of them. */
  strings?: Partial<UiStrings> | undefined;
  /** BCP 47 tag for dates and numbers; the browser's own if left out. */
  locale?: string | undefined;
}

/** Gives the components their words and their locale. */
export function UiProvider({ children, strings, locale }: UiProviderProps) {
  return (
    <Locale.Provider value={locale}>
      <Strings.Provider value={strings ? { ...englishStrings, ...strings } : englishStrings}>
        {children}
      </Strings.Provider>
    </Locale.Provider>
  );
}

export const useUiStrings = (): UiStrings => useContext(Strings);
export const useUiLocale = (): string | undefined => useContext(Locale);

/** Fills `{name}` places of a word. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
