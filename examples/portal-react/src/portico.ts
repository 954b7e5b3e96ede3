import { organizationClient } from "better-auth/client/plugins";
import { createAuthClient } from "better-auth/react";

declare const __PORTICO_URL__: string;

/** Where Portico is. */
export const porticoUrl = __PORTICO_URL__;

/** The official client of Better Auth. Portico speaks its protocol, so it needs nothing besides the address. */
export const authClient = createAuthClient({ baseURL: porticoUrl, plugins: [organizationClient()] });
