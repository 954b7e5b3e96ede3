import { Banner, Button } from "@portico/ui";
import { useI18n } from "../../i18n";
import { withFlow } from "../../redirect";
import { Link, useAddress } from "../../router";

/** Where services lead back to that were linked. */
export const SECURITY = "/account/security";

/** Where one signs in again, and comes back from to this page in the same language. */
export function useSignInAgain(): string {
  const { path, search } = useAddress();
  return withFlow("/sign-in", search, { reauthenticate: "1", redirect_to: withFlow(path, search) });
}

/** In the place of what asks for a recent sign-in, when the last was a while ago. */
export function SignInAgain() {
  const { t } = useI18n();
  const href = useSignInAgain();
  return (
    <Banner
      tone="warning"
      live
      actions={
        <Button asChild size="sm">
          <Link href={href}>{t("signIn.againTitle")}</Link>
        </Button>
      }
    >
      {t("account.stale")}
    </Banner>
  );
}
