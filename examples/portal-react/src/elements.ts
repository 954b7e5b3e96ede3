import type { DetailedHTMLProps, HTMLAttributes } from "react";
import { authClient, porticoUrl } from "./portico";

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
  script.src = `${porticoUrl}/elements/portico.js`;
  document.head.append(script);
  for (const name of ["portico:signed-in", "portico:signed-out", "portico:organization-changed"]) {
    document.addEventListener(name, () => authClient.$store.notify("$sessionSignal"));
  }
}

/** Call it after the client has opened or ended a session. */
export function refreshElements(): Promise<void> {
  return window.Portico?.refresh() ?? Promise.resolve();
}
