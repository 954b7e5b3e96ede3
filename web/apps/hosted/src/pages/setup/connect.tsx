/** The first steps: which identity provider, and what it needs to reach us. */
import {
  Banner,
  Button,
  Card,
  CopyButton,
  CopyField,
  DescriptionList,
  ErrorState,
  Select,
  Skeleton,
} from "@portico/ui";
import { ArrowRight, KeyRound } from "lucide-react";
import { useId, useState } from "react";
import { useLoad } from "../../context";
import { errorText } from "../../errors";
import { useI18n } from "../../i18n";
import { credentialType, fillGuideValue } from "../../setup-session";
import type { StepProps } from "../setup";

import { Buttons, Failure, Heading } from "./parts";

export const providers: readonly [string, string][] = [
  ["okta", "Okta"],
  ["entra", "Microsoft Entra ID"],
  ["google", "Google Workspace"],
  ["onelogin", "OneLogin"],
  ["jumpcloud", "JumpCloud"],
  ["ping", "Ping Identity"],
  ["rippling", "Rippling"],
  ["cyberark", "CyberArk"],
  ["generic", ""],
];

export function Provider({ api, directory, setDirectory, next }: StepProps) {
  const { t } = useI18n();
  const group = useId();
  const [chosen, setChosen] = useState(directory.provider);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const save = async () => {
    setBusy(true);
    setFailure(null);
    try {
      if (chosen !== directory.provider) setDirectory(await api.update({ provider: chosen }));
      next();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <>
      <Heading text={t("setup.providerText")}>{t("setup.providerTitle")}</Heading>
      <Failure error={failure} />
      <fieldset className="hosted-providers">
        <legend className="pt-sr-only">{t("setup.providerTitle")}</legend>
        {providers.map(([value, name]) => (
          <label key={value} className="hosted-provider">
            <input
              type="radio"
              name={group}
              value={value}
              checked={chosen === value}
              onChange={() => setChosen(value)}
            />
            <span>{name || t("setup.providerOther")}</span>
          </label>
        ))}
      </fieldset>
      <Buttons>
        <Button variant="primary" loading={busy} onClick={() => void save()}>
          {t("common.continue")}
          <ArrowRight size={15} aria-hidden="true" />
        </Button>
      </Buttons>
    </>
  );
}

/** A value to type or to choose: what is typed can be copied. */
function GuideValue({ value, secret }: { value: string; secret: boolean }) {
  const { t } = useI18n();
  const typed = secret || value.includes("://") || /^[a-z][A-Za-z_:.\-0-9]+$/.test(value);
  if (!typed) return <>{value}</>;
  return (
    <span className="hosted-value">
      <code>{value}</code>
      <CopyButton value={value} label={`${t("ui.copy")}: ${secret ? t("setup.token") : value}`} />
    </span>
  );
}

export function Connect({ api, directory, secrets, setSecrets, next, back }: StepProps) {
  const { t, rich } = useI18n();
  const guide = useLoad(api.guide, directory.provider);
  const credentials = useLoad(api.credentials, "");
  const [mode, setMode] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  if (guide.error && !guide.data) {
    return <ErrorState error={guide.error} message={errorText(guide.error)} onRetry={() => void guide.reload()} />;
  }
  if (!guide.data) {
    return (
      <Card>
        <div className="pt-stack">
          <Skeleton width="40%" />
          <Skeleton />
          <Skeleton width="80%" />
        </div>
      </Card>
    );
  }
  const { data } = guide;
  // OAuth 2.0 needs redirect addresses that are known beforehand: a key for a header or a password is made here.
  const modes = data.authentication_modes.filter((one) => one !== "oauth2");
  const type = credentialType(mode ?? modes[0] ?? "http_header");
  const made = Boolean(secrets.token || secrets.client_secret);
  const existing = (credentials.data?.data ?? []).filter((one) => one.revoked_at === null);
  const create = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const one = await api.createCredential({ name: data.provider_name, type });
      setSecrets({
        token: one.token,
        client_id: one.client_id ?? undefined,
        client_secret: one.client_secret,
      });
      await credentials.reload();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const modeNames: Record<string, string> = { http_header: t("setup.modeHeader"), basic: t("setup.modeBasic") };
  return (
    <>
      <Heading text={t("setup.connectText", { provider: data.provider_name })}>
        {t("setup.connectTitle", { provider: data.provider_name })}
      </Heading>
      <Failure error={failure} />
      <Card title={t("setup.valuesTitle")} description={t("setup.valuesText")}>
        <div className="pt-stack">
          <CopyField label={t("setup.endpoint")} value={data.base_url} />
          {made ? (
            <>
              {secrets.client_id && secrets.client_secret ? (
                <CopyField label={t("setup.clientId")} value={secrets.client_id} />
              ) : null}
              <CopyField
                secret
                label={secrets.token ? t("setup.token") : t("setup.clientSecret")}
                value={secrets.token ?? secrets.client_secret ?? ""}
                hint={t("setup.once")}
              />
            </>
          ) : (
            <div className="hosted-credential">
              {existing.length > 0 ? (
                <p className="pt-muted pt-small">
                  {rich("setup.existing", {
                    count: existing.length,
                    prefix: <code>{existing[0]?.prefix}…</code>,
                  })}
                </p>
              ) : null}
              <div className="pt-row">
                {modes.length > 1 ? (
                  <div className="hosted-mode">
                    <Select
                      aria-label={t("setup.mode")}
                      value={mode ?? modes[0]}
                      onValueChange={setMode}
                      options={modes.map((one) => ({ value: one, label: modeNames[one] ?? one }))}
                    />
                  </div>
                ) : null}
                <Button
                  variant="primary"
                  loading={busy}
                  icon={<KeyRound size={15} aria-hidden="true" />}
                  onClick={() => void create()}
                >
                  {existing.length > 0 ? t("setup.createAnother") : t("setup.create")}
                </Button>
              </div>
            </div>
          )}
        </div>
      </Card>
      <Card title={t("setup.guideTitle", { provider: data.provider_name })} description={t("setup.guideText")}>
        <ol className="hosted-guide">
          {data.steps.map((step, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: The steps are a sequence.
            <li key={at}>
              <h3 lang="en">{step.title}</h3>
              <p lang="en" className="pt-muted">
                {step.text}
              </p>
              {step.fields.length > 0 ? (
                <div className="hosted-guide-fields">
                  <DescriptionList
                    items={step.fields.flatMap((field) => {
                      const filled = fillGuideValue(field.value, secrets);
                      // With a credential made, what is still open belongs to another way to authenticate.
                      if (filled.open) return made ? [] : [{ term: field.label, value: <em>{filled.value}</em> }];
                      return [{ term: field.label, value: <GuideValue {...filled} /> }];
                    })}
                  />
                </div>
              ) : null}
            </li>
          ))}
        </ol>
        {data.remarks.length > 0 ? (
          <Banner tone="info" title={t("setup.remarks")}>
            <ul className="hosted-bullets" lang="en">
              {data.remarks.map((remark) => (
                <li key={remark}>{remark}</li>
              ))}
            </ul>
          </Banner>
        ) : null}
      </Card>
      <Buttons back={back}>
        <Button variant="primary" onClick={next}>
          {t("setup.connected")}
          <ArrowRight size={15} aria-hidden="true" />
        </Button>
      </Buttons>
    </>
  );
}
