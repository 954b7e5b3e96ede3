import { Banner, Button } from "@portico/ui";
import { Fingerprint } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useInstance } from "../../context";
import { errorText } from "../../errors";
import { useI18n } from "../../i18n";
import { hasPasskeys, offerPasskeys, passkeys } from "../../passkeys";
import { LastUsed } from "./last-used";

/** Whether passkeys are a way in here: on these pages, and for this browser. */
export function usePasskeys(): boolean {
  const passkey = useInstance().instance.methods.passkey;
  return Boolean(passkey?.enabled && passkey.origins.includes(location.origin)) && hasPasskeys();
}

/** Signs in by a passkey: on a press, and where the browser fills fields in if `fills`. */
export function ByPasskey({
  entered,
  fills,
  label,
  last,
}: {
  entered: () => Promise<void>;
  fills?: boolean;
  label?: string;
  /** It was the way in that was taken last. */
  last?: boolean;
}) {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  // Browsers do one ceremony at a time: the offer ends when the button is pressed, and is made anew if nothing came of it.
  const [round, setRound] = useState(0);
  const offer = useRef<AbortController | null>(null);
  const done = useRef(entered);
  done.current = entered;
  // biome-ignore lint/correctness/useExhaustiveDependencies: A new round is a new offer.
  useEffect(() => {
    if (!fills) return;
    const control = new AbortController();
    offer.current = control;
    offerPasskeys(control.signal)
      .then((yes) => (yes ? done.current() : undefined))
      .catch((error: unknown) => setFailure(errorText(error)));
    return () => control.abort();
  }, [fills, round]);
  const press = async () => {
    offer.current?.abort();
    setBusy(true);
    setFailure(null);
    try {
      await passkeys.signIn();
      await done.current();
    } catch (error) {
      setFailure(errorText(error));
      setRound((before) => before + 1);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {failure ? (
        <Banner tone="danger" live>
          {failure}
        </Banner>
      ) : null}
      <Button block loading={busy} icon={<Fingerprint size={16} aria-hidden="true" />} onClick={() => void press()}>
        {label ?? t("passkey.signIn")}
        {last ? <LastUsed /> : null}
      </Button>
    </>
  );
}
