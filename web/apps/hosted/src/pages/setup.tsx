import { Avatar, Banner, Button, ErrorState, Spinner, Stepper } from "@portico/ui";
import { Link2Off, Plug } from "lucide-react";
import { lazy, Suspense, useCallback, useState } from "react";
import { consumeSetupLink, type Directory, type SetupSession, setupApi } from "../api";
import { useInstance, useLoad } from "../context";
import { errorCode, errorText } from "../errors";
import { useI18n } from "../i18n";
import { AppLayout, AuthLayout, PageTitle } from "../layout";
import { navigate } from "../router";
import { forgetSetup, keepSetup, type Secrets, storedSetup } from "../setup-session";

const Step = lazy(() => import("./setup-steps"));

function Ended() {
  const { t } = useI18n();
  return (
    <AuthLayout>
      <Link2Off size={28} aria-hidden="true" className="hosted-icon" />
      <PageTitle>{t("setup.endedTitle")}</PageTitle>
      <p className="pt-muted">{t("setup.endedText")}</p>
    </AuthLayout>
  );
}

/** The link is used by a press: programs that look at links in letters press nothing. */
function Welcome({ token, onOpened }: { token: string; onOpened: (session: SetupSession) => void }) {
  const { t } = useI18n();
  const { brand } = useInstance();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const status = (failure as { status?: number } | null)?.status;

  if (errorCode(failure).startsWith("SETUP_LINK") || status === 404 || status === 410) return <Ended />;
  const begin = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const session = await consumeSetupLink(token);
      keepSetup(session);
      // The token is spent; what stands in the address now opens nothing elsewhere.
      navigate(`/setup/${encodeURIComponent(session.directory_id)}`, { replace: true });
      onOpened(session);
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <AuthLayout>
      <Plug size={28} aria-hidden="true" className="hosted-icon" />
      <PageTitle>{t("setup.welcomeTitle")}</PageTitle>
      <p className="pt-muted">{t("setup.welcomeText", { name: brand.name })}</p>
      <ul className="hosted-bullets pt-muted">
        <li>{t("setup.welcomeNeed")}</li>
        <li>{t("setup.welcomeTime")}</li>
        <li>{t("setup.welcomeOnce")}</li>
      </ul>
      {failure ? (
        <Banner tone="danger" live>
          {errorText(failure)}
        </Banner>
      ) : null}
      <Button variant="primary" block loading={busy} onClick={() => void begin()}>
        {t("setup.begin")}
      </Button>
    </AuthLayout>
  );
}

export interface StepProps {
  api: ReturnType<typeof setupApi>;
  directory: Directory;
  setDirectory: (directory: Directory) => void;
  session: SetupSession;
  secrets: Secrets;
  setSecrets: (secrets: Secrets) => void;
  next: () => void;
  back: () => void;
}

function Wizard({ session }: { session: SetupSession }) {
  const { t } = useI18n();
  const [api] = useState(() => setupApi(session));
  const directory = useLoad(api.directory, session.directory_id);
  const [step, setStep] = useState(0);
  const [secrets, setSecrets] = useState<Secrets>({});
  const go = useCallback((to: number) => {
    setStep(to);
    window.scrollTo(0, 0);
    // What changed is named by its heading.
    requestAnimationFrame(() => document.querySelector<HTMLElement>("main h2")?.focus());
  }, []);
  const status = (directory.error as { status?: number } | undefined)?.status;

  if (!directory.data && (status === 401 || status === 404)) {
    forgetSetup();
    return <Ended />;
  }
  const labels = [
    t("setup.stepProvider"),
    t("setup.stepConnect"),
    t("setup.stepTest"),
    t("setup.stepRoles"),
    t("setup.stepDone"),
  ];
  return (
    <AppLayout
      end={
        <div className="hosted-person pt-small">
          <Avatar name={session.organization_name} size={22} shape="square" />
          <span className="pt-truncate">{session.organization_name}</span>
        </div>
      }
    >
      <PageTitle>{t("setup.title", { organization: session.organization_name })}</PageTitle>
      <div className="hosted-stepper">
        <Stepper label={t("setup.steps")} current={step} steps={labels.map((label) => ({ label }))} />
      </div>
      {directory.data ? (
        <Suspense
          fallback={
            <div className="hosted-wait">
              <Spinner label={t("ui.loading")} size={20} />
            </div>
          }
        >
          <Step
            at={step}
            api={api}
            session={session}
            directory={directory.data}
            setDirectory={directory.set}
            secrets={secrets}
            setSecrets={setSecrets}
            next={() => go(Math.min(step + 1, labels.length - 1))}
            back={() => go(Math.max(step - 1, 0))}
          />
        </Suspense>
      ) : directory.error ? (
        <ErrorState
          error={directory.error}
          message={errorText(directory.error)}
          onRetry={() => void directory.reload()}
        />
      ) : (
        <div className="hosted-wait">
          <Spinner label={t("ui.loading")} size={20} />
        </div>
      )}
    </AppLayout>
  );
}

export default function Setup({ rest }: { rest: string }) {
  // Taken once: the address changes when the link is used.
  const [given] = useState(() => {
    try {
      return decodeURIComponent(rest);
    } catch {
      return rest;
    }
  });
  const [session, setSession] = useState(() => storedSetup(given, Date.now()));
  if (session) return <Wizard session={session} />;
  // The directory's id stands in the address after the link was used: here is no session for it any more.
  if (given.startsWith("dir_")) return <Ended />;
  return <Welcome token={given} onOpened={setSession} />;
}
