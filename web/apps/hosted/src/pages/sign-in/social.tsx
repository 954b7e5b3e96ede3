import { Banner, Button } from "@portico/ui";
import { useState } from "react";
import { auth } from "../../api";
import { errorText } from "../../errors";
import { useI18n } from "../../i18n";
import { LastUsed } from "./last-used";

/** The services through which people sign in. The browser goes there, and comes back to `callback` or `failed`. */
export function Social({
  providers,
  callback,
  failed,
  signUp,
  last,
}: {
  providers: readonly { id: string; name: string }[];
  callback: string;
  failed: string;
  /** Somebody new is meant: where that must be asked for, it is. */
  signUp?: boolean;
  /** The way in that was taken last, which may be one of them. */
  last?: string | null;
}) {
  const { t } = useI18n();
  const [going, setGoing] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const go = async (provider: string) => {
    setGoing(provider);
    setFailure(null);
    try {
      const { url } = await auth.signInBySocial({
        provider,
        callbackURL: callback,
        errorCallbackURL: failed,
        ...(signUp ? { requestSignUp: true } : {}),
      });
      location.assign(url);
    } catch (error) {
      setFailure(errorText(error));
      setGoing(null);
    }
  };
  return (
    <div className="pt-stack">
      {failure ? (
        <Banner tone="danger" live>
          {failure}
        </Banner>
      ) : null}
      {providers.map(({ id, name }) => (
        <Button key={id} block loading={going === id} disabled={going !== null} onClick={() => void go(id)}>
          {t("signIn.with", { name })}
          {id === last ? <LastUsed /> : null}
        </Button>
      ))}
    </div>
  );
}
