import type { ReactNode } from "react";

type Load = () => Promise<{ default: (props: { rest: string }) => ReactNode }>;

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
  loads
    .find(([pattern]) => pattern.test(path))?.[1]()
    // Whoever renders it says so.
    .catch(() => undefined);
}
