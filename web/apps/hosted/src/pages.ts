import type { ReactNode } from "react";

type Page = (props: { rest: string }) => ReactNode;
export type Load = () => Promise<{ default: Page }>;

const come = new Map<Load, Page>();

/** The page whose code has come already: it is rendered at once, and not when it has been waited for. */
export const there = (load: Load): Page | undefined => come.get(load);

/** Which path shows which page. The code of a page is loaded when it is opened. */
export const loads: readonly [RegExp, Load][] = [
  [/^\/sign-in$/, () => import("./pages/sign-in")],
  [/^\/sign-up$/, () => import("./pages/sign-up")],
  [/^\/forgot-password$/, () => import("./pages/forgot-password")],
  [/^\/reset-password$/, () => import("./pages/reset-password")],
  [/^\/verify-email$/, () => import("./pages/verify-email")],
  [/^\/account(?:\/(.*))?$/, () => import("./pages/account")],
  [/^\/device$/, () => import("./pages/device")],
  [/^\/organizations$/, () => import("./pages/organizations")],
  [/^\/invitation\/([^/]+)$/, () => import("./pages/invitation")],
  [/^\/setup\/([^/]+)$/, () => import("./pages/setup")],
  [/^\/embed\/authorize$/, () => import("./pages/embed")],
];
/** Begins to load the code of a page, which then is there, or nearly, when it is rendered. */
export function preload(path: string): void {
  const load = loads.find(([pattern]) => pattern.test(path))?.[1];
  load?.().then(
    (page) => {
      come.set(load, page.default);
    },
    // Whoever renders it says so.
    () => undefined,
  );
}
