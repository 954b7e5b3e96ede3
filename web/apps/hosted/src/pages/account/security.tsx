/** How one comes in: the password, passkeys, the second factor, other services, and the devices that are signed in. */
import {
  AlertDialog,
  Badge,
  Banner,
  Button,
  Card,
  Checkbox,
  EmptyState,
  ErrorState,
  Field,
  PasswordInput,
  RelativeTime,
  Skeleton,
  toast,
} from "@portico/ui";
import { Monitor, Smartphone } from "lucide-react";
import { useState } from "react";
import { describeAgent } from "../../agent";
import { auth, type Session, type SessionAndUser } from "../../api";
import { useInstance, useLoad, useSession } from "../../context";
import { errorCode, errorText, passwordFault } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { Link } from "../../router";
import { useSignInAgain } from "./again";
import { LinkedServices, PASSWORD } from "./linked";
import { Passkeys } from "./passkeys";
import { SecondFactor } from "./two-factor";

export function Security({ session }: { session: SessionAndUser }) {
  const accounts = useLoad(auth.accounts, "");
  // As long as that is not known, the server says when there is none.
  const hasPassword = accounts.data?.some((one) => one.providerId === PASSWORD) ?? true;
  return (
    <>
      <Password hasPassword={hasPassword} />
      <Passkeys />
      <SecondFactor session={session} hasPassword={hasPassword} />
      <LinkedServices accounts={accounts} />
      <Sessions session={session} />
    </>
  );
}

function Password({ hasPassword }: { hasPassword: boolean }) {
  const { t } = useI18n();
  const { instance } = useInstance();
  const current = useSession();
  const limits = instance.methods.email_password;
  if (!limits.enabled) return null;
  if (!hasPassword) {
    return (
      <Card title={t("account.password")}>
        <Banner
          tone="info"
          actions={
            <Button asChild size="sm">
              <Link href="/forgot-password">{t("account.passwordSet")}</Link>
            </Button>
          }
        >
          {t("account.passwordNone")}
        </Banner>
      </Card>
    );
  }
  return (
    <Card title={t("account.password")} description={t("account.passwordText")}>
      <Form
        names={["currentPassword", "newPassword"]}
        submitLabel={t("account.passwordChange")}
        inline
        resets
        check={({ currentPassword, newPassword }) => {
          const wrong = passwordFault(newPassword, limits);
          return {
            ...(currentPassword ? {} : { currentPassword: t("error.PASSWORD_MISSING") }),
            ...(wrong ? { newPassword: wrong } : {}),
          };
        }}
        fieldOf={{
          INVALID_PASSWORD: "currentPassword",
          PASSWORD_TOO_SHORT: "newPassword",
          PASSWORD_TOO_LONG: "newPassword",
        }}
        submit={async (values, data) => {
          await auth.changePassword({ ...values, revokeOtherSessions: data.get("others") === "on" });
          toast({ title: t("account.passwordChanged"), tone: "success" });
          await current.reload();
        }}
      >
        {(faults) => (
          <>
            {/* Tells password managers whose password this is. */}
            <input
              type="email"
              name="username"
              autoComplete="username"
              value={current.data?.user.email ?? ""}
              readOnly
              hidden
            />
            <Field label={t("field.currentPassword")} error={faults.currentPassword}>
              <PasswordInput name="currentPassword" autoComplete="current-password" />
            </Field>
            <Field
              label={t("field.newPassword")}
              error={faults.newPassword}
              hint={t("field.passwordHint", { min: limits.min_length })}
            >
              <PasswordInput name="newPassword" autoComplete="new-password" />
            </Field>
            <Checkbox name="others" label={t("account.passwordOthers")} defaultChecked />
          </>
        )}
      </Form>
    </Card>
  );
}

function Device({ session, current, onRevoked }: { session: Session; current: boolean; onRevoked: () => void }) {
  const { t, rich } = useI18n();
  const { browser, system, mobile } = describeAgent(session.userAgent);
  const [busy, setBusy] = useState(false);
  const name =
    browser && system ? t("account.browserOn", { browser, system }) : (browser ?? system ?? t("account.unknownDevice"));
  const Icon = mobile ? Smartphone : Monitor;
  return (
    <li className="hosted-device">
      <span className="hosted-device-icon">
        <Icon size={18} aria-hidden="true" />
      </span>
      <div className="hosted-device-text">
        <div className="pt-row">
          <span className="hosted-person-name" title={session.userAgent}>
            {name}
          </span>
          {current ? <Badge tone="success">{t("account.thisDevice")}</Badge> : null}
          {session.impersonatedBy ? <Badge tone="warning">{t("account.impersonated")}</Badge> : null}
        </div>
        <p className="pt-muted pt-small">
          {session.ipAddress ? `${session.ipAddress} · ` : ""}
          {rich("account.since", { time: <RelativeTime at={session.createdAt} /> })}
        </p>
      </div>
      {current ? null : (
        <Button
          size="sm"
          loading={busy}
          aria-label={`${t("account.revoke")}: ${name}`}
          onClick={() => {
            setBusy(true);
            auth
              .revokeSession(session.token)
              .then(() => {
                toast({ title: t("account.revoked"), tone: "success" });
                onRevoked();
              })
              .catch((error: unknown) => toast({ title: errorText(error), tone: "danger" }))
              .finally(() => setBusy(false));
          }}
        >
          {t("account.revoke")}
        </Button>
      )}
    </li>
  );
}

function Sessions({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const sessions = useLoad(auth.sessions, session.session.id);
  const again = useSignInAgain();
  const mine = session.session.id;
  const sorted = [...(sessions.data ?? [])].sort(
    (a, b) => Number(b.id === mine) - Number(a.id === mine) || b.createdAt.localeCompare(a.createdAt),
  );
  const stale = errorCode(sessions.error) === "SESSION_NOT_FRESH";
  return (
    <Card
      title={t("account.sessions")}
      description={t("account.sessionsText")}
      flush
      actions={
        sorted.length > 1 ? (
          <AlertDialog
            trigger={<Button size="sm">{t("account.revokeOthers")}</Button>}
            title={t("account.revokeOthers")}
            consequences={t("account.revokeOthersText", { count: sorted.length - 1 })}
            confirmLabel={t("account.revokeOthers")}
            onConfirm={async () => {
              try {
                await auth.revokeOtherSessions();
                toast({ title: t("account.revoked"), tone: "success" });
              } catch (error) {
                toast({ title: errorText(error), tone: "danger" });
              }
              await sessions.reload();
            }}
          />
        ) : null
      }
    >
      {stale ? (
        <EmptyState
          title={t("account.staleTitle")}
          description={t("account.staleText")}
          action={
            <Button asChild variant="primary">
              <Link href={again}>{t("signIn.againTitle")}</Link>
            </Button>
          }
        />
      ) : sessions.error && !sessions.data ? (
        <ErrorState error={sessions.error} message={errorText(sessions.error)} onRetry={() => void sessions.reload()} />
      ) : sessions.data ? (
        <ul className="hosted-devices">
          {sorted.map((one) => (
            <Device key={one.id} session={one} current={one.id === mine} onRevoked={() => void sessions.reload()} />
          ))}
        </ul>
      ) : (
        <div className="hosted-device">
          <Skeleton width="55%" />
        </div>
      )}
    </Card>
  );
}
