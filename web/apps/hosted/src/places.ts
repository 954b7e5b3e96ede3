/** Which page is shown where. Says so without loading any: `pages.ts` does. */

/** The first that fits counts. What the pattern takes out of the path the page is given. */
export const PLACES = [
  ["sign-in", /^\/sign-in$/],
  ["sign-up", /^\/sign-up$/],
  ["forgot-password", /^\/forgot-password$/],
  ["reset-password", /^\/reset-password$/],
  ["verify-email", /^\/verify-email$/],
  ["account", /^\/account(?:\/(.*))?$/],
  ["device", /^\/device$/],
  ["organizations", /^\/organizations$/],
  ["invitation", /^\/invitation\/([^/]+)$/],
  ["setup", /^\/setup\/([^/]+)$/],
  ["embed", /^\/embed\/authorize$/],
] as const;

/** A page, by what its file in `pages/` is called. */
export type PageName = (typeof PLACES)[number][0];

/** The page that is shown at a path. */
export const placeOf = (path: string): PageName | undefined => PLACES.find(([, pattern]) => pattern.test(path))?.[0];

/** The paths that the server knows the pages by; `~1` stands for any one part. */
export function paths(): string[] {
  const named = "sign-in sign-up forgot-password reset-password verify-email account device organizations".split(" ");
  return [...named, "account/~1", "invitation/~1", "setup/~1", "embed/authorize"].map((path) => `/${path}`);
}
