/** The accounts at other services through which one comes in. */
import { AlertDialog, Banner, Button, Card, RelativeTime, toast } from "@portico/ui";
import { Link2 } from "lucide-react";
import { useState } from "react";
import { type Account, auth } from "../../api";
import { type Loaded, useInstance } from "../../context";
import { errorCode, errorText, keyOfCode } from "../../errors";
import { useI18n } from "../../i18n";
import { withFlow } from "../../redirect";
import { useAddress } from "../../router";
import { SECURITY, SignInAgain } from "./again";

/** The password is no service. */
export const PASSWORD = "credential";

function Linked({
  account,
  name,
  last,
  unlinked,
  stale,
}: {
  account: Account;
  name: string;
  /** There is no other way in. */
  last: boolean;
  unlinked: () => Promise<void>;
  stale: () => void;
}) {
  const { t, rich } = useI18n();
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <li className="hosted-device">
      <span className="hosted-device-icon">
        <Link2 size={18} aria-hidden="true" />
      </span>
      <div className="hosted-device-text">
        <p className="hosted-person-name">{name}</p>
        <p className="pt-muted pt-small">
          {last ? t("linked.last") : rich("linked.since", { time: <RelativeTime at={account.createdAt} /> })}
        </p>
      </div>
      {last ? null : (
        <AlertDialog
          trigger={
            <Button size="sm" aria-label={`${t("linked.unlink")}: ${name}`}>
              {t("linked.unlink")}
            </Button>
          }
          title={t("linked.unlinkTitle", { name })}
          consequences={t("linked.unlinkText", { name })}
          confirmLabel={t("linked.unlink")}
          error={failure}
          onOpenChange={() => setFailure(null)}
          onConfirm={async () => {
            setFailure(null);
            try {
              await auth.unlink(account.id);
            } catch (error) {
              if (errorCode(error) === "SESSION_NOT_FRESH") return stale();
              setFailure(errorText(error));
              throw error;
            }
            toast({ title: t("linked.unlinked", { name }), tone: "success" });
            await unlinked();
          }}
        />
      )}
    </li>
  );
}

function Unlinked({ id, name, failed }: { id: string; name: string; failed: (text: string) => void }) {
  const { t } = useI18n();
  const { search } = useAddress();
  const [going, setGoing] = useState(false);
  const link = async () => {
    setGoing(true);
    try {
      const { url } = await auth.link({
        provider: id,
        callbackURL: withFlow(SECURITY, search, { linked: id }),
        errorCallbackURL: withFlow(SECURITY, search),
      });
      location.assign(url);
    } catch (error) {
      failed(errorText(error));
      setGoing(false);
    }
  };
  return (
    <li className="hosted-device">
      <span className="hosted-device-icon">
        <Link2 size={18} aria-hidden="true" />
      </span>
      <div className="hosted-device-text">
        <p className="hosted-person-name">{name}</p>
        <p className="pt-muted pt-small">{t("linked.none")}</p>
      </div>
      <Button size="sm" loading={going} aria-label={`${t("linked.link")}: ${name}`} onClick={() => void link()}>
        {t("linked.link")}
      </Button>
    </li>
  );
}

export function LinkedServices({ accounts }: { accounts: Loaded<Account[]> }) {
  const { t } = useI18n();
  const { params } = useAddress();
  const services = useInstance().instance.methods.social ?? [];
  const [failure, setFailure] = useState<string | null>(null);
  const [stale, setStale] = useState(false);
  const all = accounts.data ?? [];
  const linked = all.filter((one) => one.providerId !== PASSWORD);
  const open = services.filter(({ id }) => !linked.some((one) => one.providerId === id));
  if (!accounts.data || (linked.length === 0 && services.length === 0)) return null;
  const nameOf = (id: string) => services.find((one) => one.id === id)?.name ?? id;
  // Where the service has led back to.
  const came = linked.find((one) => one.providerId === params.get("linked"));
  const error = failure ?? (params.get("error") ? t(keyOfCode(params.get("error") ?? "")) : null);
  return (
    <Card title={t("linked.title")} description={t("linked.text")} flush>
      {stale || error || came ? (
        <div className="hosted-notice">
          {stale ? (
            <SignInAgain />
          ) : error ? (
            <Banner tone="danger" live>
              {error}
            </Banner>
          ) : came ? (
            <Banner tone="success" live>
              {t("linked.done", { name: nameOf(came.providerId) })}
            </Banner>
          ) : null}
        </div>
      ) : null}
      <ul className="hosted-devices">
        {linked.map((one) => (
          <Linked
            key={one.id}
            account={one}
            name={nameOf(one.providerId)}
            last={all.length <= 1}
            unlinked={accounts.reload}
            stale={() => setStale(true)}
          />
        ))}
        {open.map(({ id, name }) => (
          <Unlinked key={id} id={id} name={name} failed={setFailure} />
        ))}
      </ul>
    </Card>
  );
}
