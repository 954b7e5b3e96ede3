// The pages of the console, by what stands before them.

/** Of the instance: after `/console/instance`. */
export const INSTANCE = [
  "",
  "/users",
  "/organizations",
  "/directories",
  "/events",
  "/webhooks",
  "/audit",
  "/keys",
  "/roles",
  "/health",
];

/** Of an organization: after `/console/o/` and its id. */
export const ORGANIZATION = [
  "",
  "/members",
  "/teams",
  "/invitations",
  "/roles",
  "/domains",
  "/api-keys",
  "/events",
  "/audit",
  "/webhooks",
  "/settings",
  "/directories",
  "/directories/new",
];

/** Of a directory: after its organization's, `/directories/` and its id. */
export const DIRECTORY = [
  "",
  "/users",
  "/groups",
  "/rules",
  "/mapping",
  "/requests",
  "/credentials",
  "/receipts",
  "/import",
  "/self-test",
  "/settings",
];
