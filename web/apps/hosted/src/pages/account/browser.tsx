/** The people who are signed in in this browser: one goes on as another of them, or brings one more. */
import { Badge, Banner, Button, Card, toast } from "@portico/ui";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { get, post, type SessionAndUser } from "../../api";
import { useInstance, useLoad } from "../../context";
import { errorText } from "../../errors";
import { useI18n } from "../../i18n";
import { Person } from "../../layout";
import { contactOf } from "../../person";
import { withFlow } from "../../redirect";
import { Link, useAddress } from "../../router";

const PATH = "/multi-session";
const list = () => get<SessionAndUser[]>(`${PATH}/list-device-sessions`);

export function AccountsOfBrowser({ session }: { session: SessionAndUser }) {
  const { methods } = useInstance().instance;
  // Who acts as somebody else has that session beside those of the browser.
  if (!methods.multi_session?.enabled || session.session.impersonatedBy) return null;
  return <Accounts session={session} />;
}

function Accounts({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const { path, search } = useAddress();
  const loaded = useLoad(list, session.session.id);
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const own = session.session.id;
  // Of the session at work there may be no cookie besides, where the browser keeps as many as it may.
  const others = loaded.data?.filter((one) => one.session.id !== own && one.user.id !== session.user.id) ?? [];
  const run = async (one: SessionAndUser, what: "set-active" | "revoke", after: () => Promise<void> | void) => {
    setBusy(one.session.id);
    setFailure(null);
    try {
      // The handle of a session that is not at work.
      await post(`${PATH}/${what}`, { sessionToken: one.session.id });
      await after();
    } catch (error) {
      setFailure(errorText(error));
      await loaded.reload();
    } finally {
      setBusy(null);
    }
  };
  return (
    <Card
      title={t("accounts.title")}
      description={t("accounts.text")}
      flush
      actions={
        <Button asChild size="sm">
          <Link href={withFlow("/sign-in", search, { add: "1", redirect_to: path })}>
            <UserPlus size={14} aria-hidden="true" /> {t("accounts.add")}
          </Link>
        </Button>
      }
    >
      {failure ? (
        <div className="hosted-notice">
          <Banner tone="danger" live>
            {failure}
          </Banner>
        </div>
      ) : null}
      <ul className="hosted-devices">
        <li className="hosted-device">
          <div className="hosted-device-text">
            <Person user={session.user} />
          </div>
          <Badge tone="success">{t("accounts.current")}</Badge>
        </li>
        {others.map((one) => {
          const name = one.user.name || contactOf(one.user);
          return (
            <li key={one.session.id} className="hosted-device">
              <div className="hosted-device-text">
                <Person user={one.user} />
              </div>
              <Button
                size="sm"
                loading={busy === one.session.id}
                disabled={busy !== null}
                aria-label={`${t("accounts.switch")}: ${name}`}
                // All that is shown is of somebody else then.
                onClick={() => void run(one, "set-active", () => location.assign(path))}
              >
                {t("accounts.switch")}
              </Button>
              <Button
                size="sm"
                variant="ghost"
                disabled={busy !== null}
                aria-label={`${t("nav.signOut")}: ${name}`}
                onClick={() =>
                  void run(one, "revoke", async () => {
                    toast({ title: t("accounts.ended", { name }), tone: "success" });
                    await loaded.reload();
                  })
                }
              >
                {t("nav.signOut")}
              </Button>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
