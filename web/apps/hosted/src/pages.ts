import type { ReactNode } from "react";
import { type PageName, PLACES, placeOf } from "./places";

type Page = (props: { rest: string }) => ReactNode;
export type Load = () => Promise<{ default: Page }>;

const come = new Map<Load, Page>();

/** The page whose code has come already: it is rendered at once, and not when it has been waited for. */
export const there = (load: Load): Page | undefined => come.get(load);

/** The code of each page, which is loaded when it is opened. */
export const load: Record<PageName, Load> = {
  "sign-in": () => import("./pages/sign-in"),
  "sign-up": () => import("./pages/sign-up"),
  "forgot-password": () => import("./pages/forgot-password"),
  "reset-password": () => import("./pages/reset-password"),
  "verify-email": () => import("./pages/verify-email"),
  account: () => import("./pages/account"),
  device: () => import("./pages/device"),
  organizations: () => import("./pages/organizations"),
  invitation: () => import("./pages/invitation"),
  setup: () => import("./pages/setup"),
  embed: () => import("./pages/embed"),
};

/** Which path shows which page. */
export const loads: readonly [RegExp, Load][] = PLACES.map(([page, pattern]) => [pattern, load[page]]);

/** Begins to load the code of a page, which then is there, or nearly, when it is rendered. */
export function preload(path: string): void {
  const page = placeOf(path);
  if (!page) return;
  load[page]().then(
    (code) => {
      come.set(load[page], code.default);
    },
    // Whoever renders it says so.
    () => undefined,
  );
}
