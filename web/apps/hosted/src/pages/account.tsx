import {
  AlertDialog,
  Avatar,
  Badge,
  Banner,
  Button,
  Card,
  Checkbox,
  EmptyState,
  ErrorState,
  Field,
  Input,
  PasswordInput,
  RelativeTime,
  Skeleton,
  toast,
} from "@portico/ui";
import { Building2, Monitor, Smartphone } from "lucide-react";
import { useState } from "react";
import { describeAgent } from "../agent";
import { auth, type Session, type SessionAndUser } from "../api";
import { useInstance, useLoad, useSession } from "../context";
import { emailFault, errorCode, errorText, passwordFault } from "../errors";
import { Form } from "../form";
import { type Key, useI18n } from "../i18n";
import { AppLayout, PageTitle, SignedIn, SignOutButton } from "../layout";
import { Link, navigate, useAddress } from "../router";

function Profile({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const { user } = session;
  return (
    <Card title={t("account.profile")} description={t("account.profileText")}>
      <div className="hosted-profile">
        <Avatar name={user.name || user.email} src={user.image} size={52} />
        <Form
          names={["name", "image"]}
          submitLabel={t("common.save")}
          inline
          check={({ name, image }) => ({
            ...(name.trim() ? {} : { name: t("error.NAME_MISSING") }),
            ...(image && !/^https?:\/\//i.test(image) ? { image: t("error.INVALID_IMAGE") } : {}),
          })}
          fieldOf={{ INVALID_NAME: "name", INVALID_IMAGE: "image" }}
          submit={async ({ name, image }) => {
            // A picture that was stored inside the address itself cannot be shown in the field; empty keeps it.
            const stored = user.image?.startsWith("data:");
            await auth.updateUser({ name: name.trim(), ...(stored && !image ? {} : { image: image.trim() || null }) });
            await current.reload();
            toast({ title: t("account.saved"), tone: "success" });
          }}
        >
          {(faults) => (
            <>
              <Field label={t("field.name")} error={faults.name}>
                <Input name="name" autoComplete="name" maxLength={256} defaultValue={user.name} />
              </Field>
              <Field label={t("account.image")} optional error={faults.image}>
                <Input
                  name="image"
                  type="url"
                  inputMode="url"
                  autoComplete="photo"
                  placeholder="https://"
                  defaultValue={user.image?.startsWith("data:") ? "" : (user.image ?? "")}
                />
              </Field>
            </>
          )}
        </Form>
      </div>
    </Card>
  );
}

function Email({ session }: { session: SessionAndUser }) {
  const { t, rich } = useI18n();
  const { user } = session;
  const [asked, setAsked] = useState<string | null>(null);
  const [sent, setSent] = useState(false);
  return (
    <Card title={t("account.email")} description={t("account.emailText")}>
      <div className="pt-stack">
        <div className="pt-row">
          <strong className="pt-wrap">{user.email}</strong>
          {user.emailVerified ? (
            <Badge tone="success">{t("account.verified")}</Badge>
          ) : (
            <>
              <Badge tone="warning">{t("account.unverified")}</Badge>
              <Button
                size="sm"
                disabled={sent}
                onClick={() => {
                  setSent(true);
                  auth.sendVerification(user.email, "/verify-email?verified=1").then(
                    () => toast({ title: t("verify.sent"), tone: "success" }),
                    (error: unknown) => {
                      setSent(false);
                      toast({ title: errorText(error), tone: "danger" });
                    },
                  );
                }}
              >
                {t("verify.send")}
              </Button>
            </>
          )}
        </div>
        <div role="status">
          {asked ? (
            <Banner tone="info">
              {rich(user.emailVerified ? "account.emailAskedOld" : "account.emailAskedNew", {
                email: <strong className="pt-wrap">{asked}</strong>,
                old: <strong className="pt-wrap">{user.email}</strong>,
              })}
            </Banner>
          ) : null}
        </div>
        <Form
          names={["newEmail"]}
          submitLabel={t("account.emailChange")}
          inline
          resets
          check={({ newEmail }) => {
            const wrong = emailFault(newEmail.trim());
            if (wrong) return { newEmail: wrong };
            return newEmail.trim().toLowerCase() === user.email.toLowerCase()
              ? { newEmail: t("error.EMAIL_IS_THE_SAME") }
              : {};
          }}
          fieldOf={{ INVALID_EMAIL: "newEmail", VALIDATION_ERROR: "newEmail" }}
          submit={async ({ newEmail }) => {
            await auth.changeEmail(newEmail.trim(), "/verify-email?changed=1");
            setAsked(newEmail.trim());
          }}
        >
          {(faults) => (
            <Field label={t("account.emailNew")} error={faults.newEmail}>
              <Input
                name="newEmail"
                type="email"
                inputMode="email"
                autoComplete="email"
                autoCapitalize="none"
                spellCheck={false}
              />
            </Field>
          )}
        </Form>
      </div>
    </Card>
  );
}

function DeleteAccount({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const [failure, setFailure] = useState<string | null>(null);
  const [password, setPassword] = useState("");
  return (
    <Card
      tone="danger"
      title={t("account.delete")}
      description={t("account.deleteText")}
      actions={
        <AlertDialog
          trigger={<Button variant="danger">{t("account.delete")}</Button>}
          title={t("account.deleteTitle")}
          consequences={
            <>
              {t("account.deleteConsequences")}
              <ul>
                <li>{t("account.deleteSessions")}</li>
                <li>{t("account.deleteOrganizations")}</li>
                <li>{t("account.deleteForever")}</li>
              </ul>
            </>
          }
          confirmLabel={t("account.delete")}
          typeToConfirm={session.user.email}
          error={failure}
          onOpenChange={() => {
            setFailure(null);
            setPassword("");
          }}
          onConfirm={async () => {
            setFailure(null);
            try {
              await auth.deleteUser(password);
            } catch (error) {
              setFailure(errorText(error));
              throw error;
            }
            navigate("/sign-in", { replace: true });
            current.set(null);
            toast({ title: t("account.deleted") });
          }}
        >
          <Field label={t("field.currentPassword")} optional hint={t("account.deletePasswordHint")}>
            <PasswordInput
              value={password}
              autoComplete="current-password"
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
        </AlertDialog>
      }
    />
  );
}

function Password() {
  const { t } = useI18n();
  const { instance } = useInstance();
  const current = useSession();
  const accounts = useLoad(auth.accounts, "");
  const limits = instance.methods.email_password;
  if (accounts.data && !accounts.data.some((one) => one.providerId === "credential")) {
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
              <Link href="/sign-in?reauthenticate=1&redirect_to=%2Faccount%2Fsecurity">{t("signIn.againTitle")}</Link>
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

function Memberships({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const organizations = useLoad(auth.organizations, "");
  const active = session.session.activeOrganizationId ?? null;
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <Card
      title={t("account.organizations")}
      description={t("account.organizationsText")}
      flush
      actions={
        <Button asChild size="sm">
          <Link href="/organizations?redirect_to=%2Faccount%2Forganizations">{t("account.organizationsChoose")}</Link>
        </Button>
      }
    >
      {organizations.error && !organizations.data ? (
        <ErrorState
          error={organizations.error}
          message={errorText(organizations.error)}
          onRetry={() => void organizations.reload()}
        />
      ) : organizations.data?.length === 0 ? (
        <EmptyState
          icon={<Building2 size={20} aria-hidden="true" />}
          title={t("organizations.emptyTitle")}
          description={t("organizations.emptyText")}
        />
      ) : organizations.data ? (
        <ul className="hosted-devices">
          {organizations.data.map((one) => (
            <li key={one.id} className="hosted-device">
              <Avatar name={one.name} src={one.logo} size={32} shape="square" />
              <div className="hosted-device-text">
                <div className="pt-row">
                  <span className="hosted-person-name">{one.name}</span>
                  {one.id === active ? <Badge tone="accent">{t("organizations.active")}</Badge> : null}
                </div>
                <p className="pt-muted pt-small pt-wrap">{one.slug}</p>
              </div>
              <AlertDialog
                trigger={
                  <Button size="sm" aria-label={`${t("account.leave")}: ${one.name}`}>
                    {t("account.leave")}
                  </Button>
                }
                title={t("account.leaveTitle", { organization: one.name })}
                consequences={t("account.leaveText")}
                confirmLabel={t("account.leave")}
                error={failure}
                onOpenChange={() => setFailure(null)}
                onConfirm={async () => {
                  setFailure(null);
                  try {
                    await auth.leave(one.id);
                  } catch (error) {
                    setFailure(errorText(error));
                    throw error;
                  }
                  await Promise.all([organizations.reload(), current.reload()]);
                }}
              />
            </li>
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

const sections: readonly { rest: string; key: Key }[] = [
  { rest: "", key: "account.profile" },
  { rest: "security", key: "account.security" },
  { rest: "organizations", key: "account.organizations" },
];

export default function Account({ rest }: { rest: string }) {
  const { t } = useI18n();
  const { path } = useAddress();
  const section = sections.find((one) => one.rest === rest) ?? sections[0];
  return (
    <SignedIn>
      {(session) => (
        <AppLayout end={<SignOutButton />}>
          <PageTitle>{t("account.title")}</PageTitle>
          <nav className="hosted-tabs" aria-label={t("account.title")}>
            {sections.map((one) => (
              <Link
                key={one.rest}
                href={one.rest ? `/account/${one.rest}` : "/account"}
                aria-current={one === section ? "page" : undefined}
              >
                {t(one.key)}
              </Link>
            ))}
          </nav>
          <div className="hosted-sections" key={path}>
            {section?.rest === "security" ? (
              <>
                <Password />
                <Sessions session={session} />
              </>
            ) : section?.rest === "organizations" ? (
              <Memberships session={session} />
            ) : (
              <>
                <Profile session={session} />
                <Email session={session} />
                <DeleteAccount session={session} />
              </>
            )}
          </div>
        </AppLayout>
      )}
    </SignedIn>
  );
}
