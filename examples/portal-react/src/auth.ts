import { magicLinkClient, organizationClient, twoFactorClient } from "better-auth/client/plugins";
import { createAuthClient } from "better-auth/react";

declare const __AUTH_URL__: string;

/** Where people are signed in: Portico, or the Better Auth that was there before. Nothing else of the portal knows which. */
export const authUrl = __AUTH_URL__;

/** The official client of Better Auth. Portico speaks its protocol, so it needs nothing besides the address. */
export const authClient = createAuthClient({
  baseURL: authUrl,
  plugins: [
    organizationClient(),
    magicLinkClient(),
    // Where a link leads whose second factor is wanted, the password leads too.
    twoFactorClient({ onTwoFactorRedirect: () => window.location.assign("/?twoFactorRedirect=true") }),
  ],
});
