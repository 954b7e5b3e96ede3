import { Banner, Button, Field, Input, Spinner } from "@portico/ui";
import { CircleAlert, CircleCheck, MailCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { auth } from "../api";
import { useSession } from "../context";
import { emailFault, errorText, keyOfCode } from "../errors";
import { finish } from "../flow";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { AuthLayout, PageTitle } from "../layout";
import { mailboxOf } from "../person";
import { withFlow } from "../redirect";
import { Link, useAddress } from "../router";

function Page({
  icon,
  title,
  children,
  below,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  below?: ReactNode;
}) {
  return (
    <AuthLayout below={below}>
      {icon}
      <PageTitle>{title}</PageTitle>
      {children}
    </AuthLayout>
  );
}

/** Sends the letter (again), and says so. */
function Resend({ email, search, already = false }: { email: string; search: string; already?: boolean }) {
  const { t } = useI18n();
  const [sent, setSent] = useState(false);
  return (
    <Form
      names={["email"]}
      submitLabel={sent || already ? t("verify.again") : t("verify.send")}
      check={({ email: address }) => {
        const wrong = emailFault(address.trim());
        return wrong ? { email: wrong } : {};
      }}
      fieldOf={{ EMAIL_ALREADY_VERIFIED: "email", EMAIL_MISMATCH: "email", INVALID_EMAIL: "email" }}
      submit={async ({ email: address }) => {
        setSent(false);
        await auth.sendVerification(address.trim(), withFlow("/verify-email", search, { verified: "1" }));
        setSent(true);
      }}
    >
      {(faults) => (
        <>
          <div role="status">{sent ? <Banner tone="success">{t("verify.sent")}</Banner> : null}</div>
          <Field label={t("field.email")} error={faults.email}>
            <Input
              name="email"
              type="email"
              inputMode="email"
              autoComplete="email"
              autoCapitalize="none"
              spellCheck={false}
              defaultValue={email}
            />
          </Field>
        </>
      )}
    </Form>
  );
}

/**
 * Where links of letters lead: the server has done its part and says how it went (`?error=`), or this page shows what to
 * do next. A link that brings its token here is used by a press, for programs that look at links press nothing.
 */
export default function VerifyEmail() {
  const { t, rich } = useI18n();
  const session = useSession();
  const { search, params } = useAddress();
  const [token] = useState(() => params.get("token"));
  const [outcome, setOutcome] = useState<"done" | string | null>(null);
  const [busy, setBusy] = useState(false);
  const error = params.get("error");
  const email = params.get("email");
  const signIn = <Link href={withFlow("/sign-in", search)}>{t("common.backToSignIn")}</Link>;
  const good = <CircleCheck size={28} aria-hidden="true" className="hosted-icon" data-tone="success" />;
  const bad = <CircleAlert size={28} aria-hidden="true" className="hosted-icon" data-tone="danger" />;
  const mail = <MailCheck size={28} aria-hidden="true" className="hosted-icon" />;

  if (error) {
    return (
      <Page icon={bad} title={t("verify.failedTitle")} below={signIn}>
        <p className="pt-muted">{t(keyOfCode(error))}</p>
        <Resend email={(session.data && mailboxOf(session.data.user)) ?? ""} search={search} />
      </Page>
    );
  }
  if (token && outcome !== "done") {
    const confirm = async () => {
      setBusy(true);
      try {
        await auth.verifyEmail(token);
        setOutcome("done");
        await session.reload();
      } catch (failure) {
        setOutcome(errorText(failure));
      } finally {
        setBusy(false);
      }
    };
    return (
      <Page icon={mail} title={t("verify.title")} below={signIn}>
        <p className="pt-muted">{t("verify.press")}</p>
        {outcome ? (
          <Banner tone="danger" live>
            {outcome}
          </Banner>
        ) : null}
        <Button variant="primary" block loading={busy} onClick={() => void confirm()}>
          {t("verify.submit")}
        </Button>
      </Page>
    );
  }
  if (params.get("changed") === "1") {
    return (
      <Page icon={good} title={t("verify.changedTitle")}>
        <p className="pt-muted">{t("verify.changedText")}</p>
        <Button asChild block>
          <Link href="/account">{t("nav.account")}</Link>
        </Button>
      </Page>
    );
  }
  if (email) {
    const asked = params.get("send") === "1";
    return (
      <Page icon={mail} title={asked ? t("verify.title") : t("verify.inboxTitle")} below={signIn}>
        <p className="pt-muted">
          {asked
            ? t("verify.askText")
            : rich("verify.inboxText", { email: <strong className="pt-wrap">{email}</strong> })}
        </p>
        <Resend email={email} search={search} already={!asked} />
      </Page>
    );
  }
  if (session.data === undefined && !session.error) {
    return (
      <AuthLayout>
        <div className="hosted-wait">
          <Spinner label={t("ui.loading")} size={20} />
        </div>
      </AuthLayout>
    );
  }
  const user = session.data?.user;
  const own = user && mailboxOf(user);
  if (own && !user.emailVerified) {
    return (
      <Page icon={mail} title={t("verify.title")}>
        <p className="pt-muted">{t("verify.askText")}</p>
        <Resend email={own} search={search} />
      </Page>
    );
  }
  return (
    <Page icon={good} title={t("verify.doneTitle")}>
      <p className="pt-muted">
        {user || outcome === "done" || params.get("verified") === "1" ? t("verify.doneText") : t("verify.maybeText")}
      </p>
      <Button
        variant="primary"
        block
        onClick={() => void finish(search, user ? "/account" : withFlow("/sign-in", search, { redirect_to: null }))}
      >
        {user ? t("common.continue") : t("signIn.submit")}
      </Button>
    </Page>
  );
}
