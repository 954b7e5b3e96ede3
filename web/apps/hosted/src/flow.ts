import { auth } from "./api";
import { resolveDestination } from "./redirect";
import { navigate } from "./router";

/** Paths that this app shows itself. */
const ours =
  /^\/(?:sign-in|sign-up|forgot-password|reset-password|verify-email|organizations|device|account(?:\/[^?#]*)?|invitation\/[^/?#]+|embed\/authorize)(?:[?#]|$)/;

/** Leads to where the visitor wanted to go, if that is trusted, else to `fallback`. */
export async function finish(search: string, fallback = "/account"): Promise<void> {
  const wanted = new URLSearchParams(search).get("redirect_to");
  const url = await resolveDestination(wanted, { origin: location.origin, fallback, trusts: auth.trusts });
  if (ours.test(url)) navigate(url, { replace: true });
  else location.assign(url);
}
