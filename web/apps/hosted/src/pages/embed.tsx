import { Banner, Button, EmptyState, ErrorState, Spinner } from "@portico/ui";
import { ShieldAlert } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { auth } from "../api";
import { useLoad, useSession } from "../context";
import { type EmbedRequest, readEmbedRequest } from "../embed";
import { errorText } from "../errors";
import { useI18n } from "../i18n";
import { AuthLayout, PageTitle, Person, useSignOut } from "../layout";
import { withFlow } from "../redirect";
import { navigate, useAddress } from "../router";

/** Where this tab remembers that it sent somebody from here to sign in. An address could claim that; the tab's memory is ours. */
const SENT = "portico.embed.sent";

/** Tells the page that opened this one, and nobody else. False if there is none. */
function tell(request: EmbedRequest, message: Record<string, string>): boolean {
  const opener = window.opener as Window | null;
  if (!opener) return false;
  opener.postMessage({ source: "portico", state: request.state, ...message }, request.clientOrigin);
  return true;
}

function Refused({ text }: { text: string }) {
  const { t } = useI18n();
  return (
    <AuthLayout>
      <PageTitle hidden>{t("embed.refusedTitle")}</PageTitle>
      <EmptyState
        icon={<ShieldAlert size={20} aria-hidden="true" />}
        title={t("embed.refusedTitle")}
        description={text}
      />
    </AuthLayout>
  );
}

function Consent({ request }: { request: EmbedRequest }) {
  const { t, rich } = useI18n();
  const session = useSession();
  const signOut = useSignOut();
  const { path, search } = useAddress();
  const trusted = useLoad(() => auth.trusts(request.clientOrigin), request.clientOrigin);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [done, setDone] = useState(false);
  const started = useRef(false);
  // Whoever was sent from here to sign in, and comes back signed in, need not be asked again.
  const [fresh] = useState(() => sessionStorage.getItem(SENT) === request.state);

  const signInAt = withFlow(request.view === "sign-up" ? "/sign-up" : "/sign-in", search, {
    redirect_to: `${path}${search}`,
  });
  const user = session.data?.user;
  const nobody = session.data === null;

  useEffect(() => {
    if (!nobody || !trusted.data || done) return;
    sessionStorage.setItem(SENT, request.state);
    navigate(signInAt, { replace: true });
  }, [nobody, trusted.data, signInAt, done, request.state]);

  const proceed = useCallback(async () => {
    setBusy(true);
    setFailure(null);
    try {
      const { code } = await auth.authorize({
        client_origin: request.clientOrigin,
        code_challenge: request.codeChallenge,
        ...(request.redirectUri ? { redirect_uri: request.redirectUri } : {}),
      });
      if (request.redirectUri) {
        const next = new URL(request.redirectUri);
        next.searchParams.set("code", code);
        next.searchParams.set("state", request.state);
        location.replace(next.href);
        return;
      }
      if (!tell(request, { code })) throw new Error("no opener");
      setDone(true);
      window.close();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  }, [request]);

  const ready = Boolean(user) && trusted.data === true && fresh;
  useEffect(() => {
    if (!ready || started.current) return;
    started.current = true;
    sessionStorage.removeItem(SENT);
    void proceed();
  }, [ready, proceed]);

  if (trusted.data === false) return <Refused text={t("embed.untrusted", { origin: request.clientOrigin })} />;
  if (!request.redirectUri && !window.opener && !done) return <Refused text={t("embed.noOpener")} />;
  const error = session.error ?? trusted.error;
  if (!user || trusted.data === undefined) {
    return (
      <AuthLayout>
        {error ? (
          <ErrorState error={error} message={errorText(error)} onRetry={() => location.reload()} />
        ) : (
          <div className="hosted-wait">
            <Spinner label={t("ui.loading")} size={20} />
          </div>
        )}
      </AuthLayout>
    );
  }
  if (done) {
    return (
      <AuthLayout>
        <PageTitle>{t("embed.doneTitle")}</PageTitle>
        <p className="pt-muted">{t("embed.doneText")}</p>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout>
      <PageTitle>{t("embed.title")}</PageTitle>
      <p className="pt-muted">
        {rich("embed.text", { host: <strong className="pt-wrap">{new URL(request.clientOrigin).host}</strong> })}
      </p>
      <Person user={user} />
      {failure ? (
        <Banner tone="danger" live>
          {errorText(failure)}
        </Banner>
      ) : null}
      <div className="pt-stack">
        <Button variant="primary" block loading={busy} onClick={() => void proceed()}>
          {t("common.continue")}
        </Button>
        <Button block onClick={() => void signOut(signInAt)}>
          {t("signIn.another")}
        </Button>
        {request.redirectUri ? null : (
          <Button
            variant="ghost"
            block
            onClick={() => {
              tell(request, { error: "access_denied" });
              window.close();
            }}
          >
            {t("ui.cancel")}
          </Button>
        )}
      </div>
    </AuthLayout>
  );
}

/** Signs somebody in for an element on another site: first-party here, then by a one-time code that only the site can use. */
export default function Embed() {
  const { t } = useI18n();
  const { search } = useAddress();
  const [request] = useState(() => readEmbedRequest(new URLSearchParams(search)));
  return request ? <Consent request={request} /> : <Refused text={t("embed.malformed")} />;
}
