import { type DetailedHTMLProps, type HTMLAttributes, useEffect, useState } from "react";
import { authClient, authUrl } from "./auth";

type PorticoElement = DetailedHTMLProps<
  HTMLAttributes<HTMLElement> & { organization?: string; "sign-in-url"?: string; "after-url"?: string },
  HTMLElement
>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "portico-user-button": PorticoElement;
      "portico-organization-switcher": PorticoElement;
      "portico-organization-profile": PorticoElement;
    }
  }
}

declare global {
  interface Window {
    Portico?: { ready: Promise<unknown>; refresh(): Promise<void> };
  }
}

/** Loads the elements, and keeps them and the client of the same mind about who is signed in. */
export function loadElements(): void {
  const script = document.createElement("script");
  script.type = "module";
  script.src = `${authUrl}/elements/portico.js`;
  document.head.append(script);
  for (const name of ["portico:signed-in", "portico:signed-out", "portico:organization-changed"]) {
    document.addEventListener(name, () => authClient.$store.notify("$sessionSignal"));
  }
}

/** Whether there are elements: Better Auth has none. */
export function useElements(): boolean {
  const [there, setThere] = useState(customElements.get("portico-user-button") !== undefined);
  useEffect(() => {
    void customElements.whenDefined("portico-user-button").then(() => setThere(true));
  }, []);
  return there;
}

/** Call it after the client has opened or ended a session. */
export function refreshElements(): Promise<void> {
  return window.Portico?.refresh() ?? Promise.resolve();
}
