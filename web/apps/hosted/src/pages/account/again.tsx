import { Banner, Button } from "@portico/ui";
import { useI18n } from "../../i18n";
import { Link } from "../../router";

/** Where signing in again leads back to. */
export const SECURITY = "/account/security";
export const SIGN_IN_AGAIN = `/sign-in?reauthenticate=1&redirect_to=${encodeURIComponent(SECURITY)}`;

/** In the place of what asks for a recent sign-in, when the last was a while ago. */
export function SignInAgain() {
  const { t } = useI18n();
  return (
    <Banner
      tone="warning"
      live
      actions={
        <Button asChild size="sm">
          <Link href={SIGN_IN_AGAIN}>{t("signIn.againTitle")}</Link>
        </Button>
      }
    >
      {t("account.stale")}
    </Banner>
  );
}
