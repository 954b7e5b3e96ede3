import { AlertDialog, Avatar, Banner, Button, DescriptionList, EmptyState, ErrorState, Spinner } from "@portico/ui";
import { MailOpen, MailX } from "lucide-react";
import { useState } from "react";
import { auth, type Offer, type SessionAndUser } from "../api";
import { useInstance, useLoad, useSession } from "../context";
import { errorCode, errorText } from "../errors";
import { finish } from "../flow";
import { useI18n } from "../i18n";
import { AuthLayout, PageTitle, Person, useSignOut } from "../layout";
import { withFlow } from "../redirect";
import { Link, navigate, useAddress } from "../router";

/** What roles are called; those that a customer made are shown as they are. */
function useRoleNames(): (roles: string) => string {
  const { t } = useI18n();
  const names: Record<string, string> = { owner: t("role.owner"), admin: t("role.admin"), member: t("role.member") };
  return (roles) =>
    roles
      .split(",")
      .map((role) => names[role.trim()] ?? role.trim())
      .join(", ");
}

function Answer({ offer, session }: { offer: Offer; session: SessionAndUser }) {
  const { t, rich, locale } = useI18n();
  const roleNames = useRoleNames();
  const { search } = useAddress();
  const current = useSession();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [state, setState] = useState<"open" | "declined">("open");

  if (state === "declined") {
    return (
      <EmptyState
        icon={<MailX size={20} aria-hidden="true" />}
        title={t("invitation.declinedTitle")}
        description={t("invitation.declinedText", { organization: offer.organizationName })}
        action={<Link href="/account">{t("nav.account")}</Link>}
      />
    );
  }
  const accept = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await auth.acceptInvitation(offer.id);
      await current.reload();
      await finish(search, "/account/organizations");
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  const unproven = errorCode(failure).startsWith("EMAIL_VERIFICATION_REQUIRED");
  return (
    <>
      <div className="hosted-center">
        <Avatar name={offer.organizationName} size={48} shape="square" />
      </div>
      <PageTitle>{t("invitation.title", { organization: offer.organizationName })}</PageTitle>
      <p className="pt-muted hosted-center-text">
        {offer.inviterEmail
          ? rich("invitation.by", { inviter: <strong className="pt-wrap">{offer.inviterEmail}</strong> })
          : t("invitation.byNobody")}
      </p>
      {failure ? (
        <Banner
          tone="danger"
          live
          actions={
            unproven ? (
              <Button
                size="sm"
                onClick={() =>
                  navigate(
                    withFlow("/verify-email", search, {
                      email: session.user.email,
                      send: "1",
                      redirect_to: `${location.pathname}${location.search}`,
                    }),
                  )
                }
              >
                {t("verify.send")}
              </Button>
            ) : null
          }
        >
          {errorText(failure)}
        </Banner>
      ) : null}
      <DescriptionList
        items={[
          { term: t("invitation.role"), value: roleNames(offer.role) },
          { term: t("invitation.for"), value: offer.email },
          {
            term: t("invitation.expires"),
            value: new Date(offer.expiresAt).toLocaleString(locale, { dateStyle: "long", timeStyle: "short" }),
          },
        ]}
      />
      <div className="pt-stack">
        <Button variant="primary" block loading={busy} onClick={() => void accept()}>
          {t("invitation.accept")}
        </Button>
        <AlertDialog
          trigger={<Button block>{t("invitation.decline")}</Button>}
          title={t("invitation.declineTitle")}
          consequences={t("invitation.declineText", { organization: offer.organizationName })}
          confirmLabel={t("invitation.decline")}
          onConfirm={async () => {
            try {
              await auth.rejectInvitation(offer.id);
              setState("declined");
            } catch (error) {
              setFailure(error);
            }
          }}
        />
      </div>
    </>
  );
}

function Opened({ id, session }: { id: string; session: SessionAndUser }) {
  const { t } = useI18n();
  const { path, search } = useAddress();
  const signOut = useSignOut();
  const offer = useLoad(() => auth.invitation(id), `${id} ${session.user.id}`);

  if (offer.data) return <Answer offer={offer.data} session={session} />;
  if (offer.loading) {
    return (
      <div className="hosted-wait">
        <Spinner label={t("ui.loading")} size={20} />
      </div>
    );
  }
  const code = errorCode(offer.error);
  // A server may keep from strangers that an invitation is there: both answers may mean another address.
  const other = code === "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION";
  if (other || code === "INVITATION_NOT_FOUND") {
    return (
      <>
        <MailX size={28} aria-hidden="true" className="hosted-icon" />
        <PageTitle>{other ? t("invitation.otherTitle") : t("invitation.goneTitle")}</PageTitle>
        <p className="pt-muted">{other ? t("invitation.otherText") : t("invitation.goneText")}</p>
        {other ? null : <p className="pt-muted">{t("invitation.goneOther")}</p>}
        <Person user={session.user} />
        <div className="pt-stack">
          <Button
            variant={other ? "primary" : "secondary"}
            block
            onClick={() => void signOut(withFlow("/sign-in", search, { redirect_to: `${path}${search}` }))}
          >
            {t("invitation.switch")}
          </Button>
          <Button asChild block variant={other ? "secondary" : "ghost"}>
            <Link href="/account">{t("invitation.stay")}</Link>
          </Button>
        </div>
      </>
    );
  }
  return (
    <>
      <PageTitle hidden>{t("invitation.anonymousTitle")}</PageTitle>
      <ErrorState error={offer.error} message={errorText(offer.error)} onRetry={() => void offer.reload()} />
    </>
  );
}

export default function Invitation({ rest }: { rest: string }) {
  const { t } = useI18n();
  const { instance } = useInstance();
  const session = useSession();
  const { path, search } = useAddress();
  const to = { redirect_to: `${path}${search}` };
  let id = rest;
  try {
    id = decodeURIComponent(rest);
  } catch {
    // Not encoded as it should be: the server will not know it.
  }

  return (
    <AuthLayout>
      {session.data ? (
        <Opened id={id} session={session.data} />
      ) : session.data === null ? (
        <>
          <MailOpen size={28} aria-hidden="true" className="hosted-icon" />
          <PageTitle>{t("invitation.anonymousTitle")}</PageTitle>
          <p className="pt-muted">{t("invitation.anonymousText")}</p>
          <div className="pt-stack">
            <Button asChild variant="primary" block>
              <Link href={withFlow("/sign-in", search, to)}>{t("signIn.submit")}</Link>
            </Button>
            {instance.methods.email_password.sign_up_enabled ? (
              <Button asChild block>
                <Link href={withFlow("/sign-up", search, to)}>{t("signUp.submit")}</Link>
              </Button>
            ) : null}
          </div>
        </>
      ) : session.error ? (
        <ErrorState error={session.error} message={errorText(session.error)} onRetry={() => void session.reload()} />
      ) : (
        <div className="hosted-wait">
          <Spinner label={t("ui.loading")} size={20} />
        </div>
      )}
    </AuthLayout>
  );
}
