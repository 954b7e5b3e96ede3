/** Somebody lets a device in that shows them a code (RFC 8628, 3.3). */
import { Banner, Button, EmptyState, Field, Input } from "@portico/ui";
import { MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { ApiFailure, get, post, type SessionAndUser } from "../api";
import { useInstance } from "../context";
import { errorText } from "../errors";
import { Form } from "../form";
import { type Key, useI18n } from "../i18n";
import { AuthLayout, PageTitle, Person, SignedIn, useSignOut } from "../layout";
import { withFlow } from "../redirect";
import { useAddress } from "../router";
import { inGroups } from "../user-code";

interface DeviceRequest {
  status: "pending" | "approved" | "denied";
  /** Which client asks, and for what: told to whoever has looked first. */
  client_id?: string;
  scope?: string;
}

const device = {
  /** Whoever looks first, decides. */
  look: (code: string) => get<DeviceRequest>(`/device?user_code=${encodeURIComponent(code)}`),
  decide: (code: string, approve: boolean) => post(approve ? "/device/approve" : "/device/deny", { userCode: code }),
};

/** What is wrong, by OAuth's codes, which say different things elsewhere. */
const FAULTS: Readonly<Record<string, Key>> = {
  invalid_request: "device.unknown",
  expired_token: "device.expired",
  access_denied: "device.others",
};

const REFUSED = "DEVICE_REFUSED";

/** A refusal whose words are known: the form shows them beside the code. */
const refusal = (message: string) => new ApiFailure(400, { code: REFUSED, message });

/** A failure of these endpoints, in the shape that all others have. */
function readable(error: unknown, t: (key: Key) => string): unknown {
  const code = error instanceof ApiFailure ? (error.body as { error?: unknown } | null)?.error : null;
  if (typeof code !== "string") return error;
  const key = FAULTS[code];
  // What is about the session has words of its own.
  return key ? refusal(t(key)) : new ApiFailure(403, { code });
}

export default function Device() {
  const { t } = useI18n();
  const { instance, known } = useInstance();
  if (known && !instance.methods.device?.enabled) {
    return (
      <AuthLayout>
        <PageTitle hidden>{t("device.title")}</PageTitle>
        <EmptyState
          icon={<MonitorSmartphone size={20} aria-hidden="true" />}
          title={t("device.offTitle")}
          description={t("device.offText")}
        />
      </AuthLayout>
    );
  }
  return (
    <SignedIn>
      {(session) => (
        <AuthLayout>
          <Steps session={session} />
        </AuthLayout>
      )}
    </SignedIn>
  );
}

interface Asked {
  code: string;
  client: string;
  scopes: string[];
}

function Steps({ session }: { session: SessionAndUser }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [decided, setDecided] = useState<boolean | null>(null);
  if (asked && decided !== null) return <Done client={asked.client} approved={decided} />;
  if (asked) return <Decide session={session} asked={asked} decided={setDecided} over={() => setAsked(null)} />;
  return <Enter session={session} found={setAsked} />;
}

/** Asks for the code. An address that has it does not spare the press: nobody claims a request by following a link. */
function Enter({ session, found }: { session: SessionAndUser; found: (asked: Asked) => void }) {
  const { t } = useI18n();
  const { path, search, params } = useAddress();
  const signOut = useSignOut();
  return (
    <>
      <PageTitle>{t("device.title")}</PageTitle>
      <p className="pt-muted">{t("device.text")}</p>
      <Form
        names={["code"]}
        submitLabel={t("common.continue")}
        check={({ code }) => (inGroups(code) ? {} : { code: t("error.CODE_MISSING") })}
        submit={async ({ code: typed }) => {
          const code = inGroups(typed);
          const request = await device.look(code).catch((error: unknown) => {
            throw readable(error, t);
          });
          if (request.status !== "pending") throw refusal(t("device.decided"));
          if (request.client_id === undefined) throw refusal(t("device.others"));
          found({ code, client: request.client_id, scopes: request.scope?.split(" ").filter(Boolean) ?? [] });
        }}
        fieldOf={{ [REFUSED]: "code" }}
      >
        {(faults) => (
          <Field label={t("device.code")} error={faults.code} hint={t("device.codeHint")}>
            <Input
              name="code"
              className="hosted-device-code"
              autoComplete="off"
              autoCapitalize="characters"
              autoCorrect="off"
              spellCheck={false}
              maxLength={32}
              defaultValue={inGroups((params.get("user_code") ?? "").slice(0, 32))}
              autoFocus
            />
          </Field>
        )}
      </Form>
      <Person user={session.user} />
      <Button
        variant="ghost"
        size="sm"
        onClick={() => void signOut(withFlow("/sign-in", search, { redirect_to: `${path}${search}` }))}
      >
        {t("signIn.another")}
      </Button>
    </>
  );
}

function Decide({
  session,
  asked,
  decided,
  over,
}: {
  session: SessionAndUser;
  asked: Asked;
  decided: (approved: boolean) => void;
  over: () => void;
}) {
  const { t, rich } = useI18n();
  const [busy, setBusy] = useState<boolean | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const decide = async (approve: boolean) => {
    setBusy(approve);
    setFailure(null);
    try {
      await device.decide(asked.code, approve);
      decided(approve);
    } catch (error) {
      setFailure(errorText(readable(error, t)));
    } finally {
      setBusy(null);
    }
  };
  return (
    <>
      <PageTitle>{t("device.decideTitle", { client: asked.client })}</PageTitle>
      <p className="pt-muted">
        {rich("device.decideText", { client: <strong className="pt-wrap">{asked.client}</strong> })}
      </p>
      <p className="hosted-device-shown">
        <span className="pt-sr-only">{t("device.code")}: </span>
        {asked.code}
      </p>
      <Banner tone="warning">{t("device.warning")}</Banner>
      {asked.scopes.length > 0 ? (
        <div>
          <p className="pt-label">{t("device.scopes")}</p>
          <ul className="hosted-bullets">
            {asked.scopes.map((scope) => (
              <li key={scope} className="pt-wrap">
                {scope}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <Person user={session.user} />
      {failure ? (
        <Banner
          tone="danger"
          live
          actions={
            <Button size="sm" onClick={over}>
              {t("device.another")}
            </Button>
          }
        >
          {failure}
        </Banner>
      ) : null}
      <div className="pt-stack">
        <Button
          variant="primary"
          block
          loading={busy === true}
          disabled={busy === false}
          onClick={() => void decide(true)}
        >
          {t("device.approve")}
        </Button>
        <Button block loading={busy === false} disabled={busy === true} onClick={() => void decide(false)}>
          {t("device.deny")}
        </Button>
      </div>
    </>
  );
}

function Done({ client, approved }: { client: string; approved: boolean }) {
  const { t } = useI18n();
  return (
    <>
      <PageTitle>{t(approved ? "device.approvedTitle" : "device.deniedTitle")}</PageTitle>
      <Banner tone={approved ? "success" : "info"} live>
        {t(approved ? "device.approvedText" : "device.deniedText", { client })}
      </Banner>
      {approved ? <p className="pt-muted pt-small">{t("device.approvedEnd")}</p> : null}
    </>
  );
}
