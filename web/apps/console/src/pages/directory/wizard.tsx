/** From nothing to a directory that syncs, a step at a time. What was shown once lives in this page only. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { post } from "../../api/http";
import { directoriesPath, directoryPath, guideQuery, healthQuery, INSTANCE } from "../../api/queries";
import type { Credential, Directory } from "../../api/types";
import { useChange, useOrg } from "../../components/hooks";
import {
  Button,
  Card,
  CopyButton,
  CopyField,
  cx,
  Failure,
  Field,
  Input,
  Notice,
  PageHead,
  Select,
  Spinner,
} from "../../components/kit";
import { ProviderMark, SetupFigure } from "../../components/provider";
import { CREDENTIAL_NAMES, credentialTypes, fillIn, PROVIDERS, providerName } from "../../lib/providers";
import { Done, FirstPerson, FirstRequest } from "./wizard-waiting";

const STEPS = [
  { id: "provider", label: "Provider" },
  { id: "connect", label: "Endpoint and credential" },
  { id: "guide", label: "Steps at the provider" },
  { id: "person", label: "First person" },
  { id: "done", label: "Done" },
] as const;
type Step = (typeof STEPS)[number]["id"];

/** Boxes are ticked, which nobody copies. */
const TICKED = /^(enable|enabled|on|tick|ticked|yes)$/i;

export function WizardPage() {
  const org = useOrg();
  const navigate = useNavigate();
  const { directory: dir, step: wanted } = useSearch({ strict: false }) as { directory?: string; step?: string };
  const step: Step = dir
    ? (STEPS.find((one) => one.id === wanted && one.id !== "provider")?.id ?? "connect")
    : "provider";
  const [secret, setSecret] = useState<Credential | null>(null);
  const go = (next: Step, directory = dir) => {
    void navigate({
      to: "/o/$org/directories/new",
      params: { org },
      search: { ...(directory ? { directory } : {}), step: next },
    });
    document.getElementById("content")?.scrollTo?.(0, 0);
  };
  // A secret that was shown and not yet taken along is lost with the page.
  useEffect(() => {
    if (!secret || step === "done") return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [secret, step]);
  const current = STEPS.findIndex((one) => one.id === step);
  return (
    <div className="pc-page">
      <PageHead
        eyebrow={
          <Link to="/o/$org/directories" params={{ org }}>
            Directory sync
          </Link>
        }
        title="Connect a directory"
      />
      <ol className="pc-steps" aria-label="Steps">
        {STEPS.map((one, i) => (
          <li key={one.id} className={cx(i < current && "pc-done")} aria-current={i === current ? "step" : undefined}>
            <i>{i < current ? <Check size={14} aria-label="Done:" /> : i + 1}</i>
            {one.label}
          </li>
        ))}
      </ol>
      {step === "provider" && <ChooseProvider org={org} onMade={(directory) => go("connect", directory.id)} />}
      {dir && step === "connect" && (
        <Connect org={org} dir={dir} secret={secret} onSecret={setSecret} onNext={() => go("guide")} />
      )}
      {dir && step === "guide" && (
        <Guide org={org} dir={dir} secret={secret} onBack={() => go("connect")} onNext={() => go("person")} />
      )}
      {dir && step === "person" && (
        <FirstPerson org={org} dir={dir} onBack={() => go("guide")} onNext={() => go("done")} />
      )}
      {dir && step === "done" && <Done org={org} dir={dir} />}
    </div>
  );
}

function ChooseProvider({ org, onMade }: { org: string; onMade: (directory: Directory) => void }) {
  const [provider, setProvider] = useState("");
  const [name, setName] = useState("");
  const create = useChange(
    () => post<Directory>(directoriesPath(org), { name: name.trim() || providerName(provider), provider }),
    { stale: ["directories"], after: onMade, quiet: true },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (provider) create.mutate(undefined);
  };
  return (
    <form className="pc-stack" onSubmit={submit}>
      <Card title="Which identity provider keeps your people?">
        <fieldset className="pc-providers">
          <legend className="pt-sr-only">Identity provider</legend>
          {PROVIDERS.map((one) => (
            <label key={one.id} className="pc-provider">
              <input
                type="radio"
                name="provider"
                value={one.id}
                checked={provider === one.id}
                onChange={() => setProvider(one.id)}
              />
              <ProviderMark provider={one.id} />
              {one.name}
            </label>
          ))}
        </fieldset>
        <div className="pc-form">
          <Field label="Name" hint="What the directory is called here. You can change it later.">
            {(ids) => (
              <Input
                {...ids}
                value={name}
                maxLength={256}
                placeholder={provider ? providerName(provider) : "Okta"}
                onChange={(e) => setName(e.target.value)}
              />
            )}
          </Field>
        </div>
        {org === INSTANCE && (
          <Notice tone="warning" title="A directory of the instance">
            Its people belong to no organization. Connect it inside an organization if they should.
          </Notice>
        )}
        <Failure error={create.error} />
        <div className="pt-row">
          <Button type="submit" kind="primary" disabled={!provider} busy={create.isPending}>
            Continue
          </Button>
          <Link to="/o/$org/directories" params={{ org }} className="pc-button pc-button-ghost">
            Cancel
          </Link>
        </div>
      </Card>
    </form>
  );
}

function Connect({
  org,
  dir,
  secret,
  onSecret,
  onNext,
}: {
  org: string;
  dir: string;
  secret: Credential | null;
  onSecret: (secret: Credential) => void;
  onNext: () => void;
}) {
  const guide = useQuery(guideQuery(org, dir));
  const health = useQuery(healthQuery(org, dir));
  const types = credentialTypes(guide.data?.authentication_modes ?? []);
  const [type, setType] = useState<keyof typeof CREDENTIAL_NAMES | null>(null);
  const chosen = type ?? types[0] ?? "bearer";
  const create = useChange(
    () =>
      post<Credential>(`${directoryPath(org, dir)}/credentials`, {
        name: guide.data?.provider_name ?? "Identity provider",
        type: chosen,
      }),
    { stale: ["directories"], after: onSecret, quiet: true },
  );
  if (guide.isPending) return <Spinner />;
  if (!guide.data) return <Failure error={guide.error} retry={() => void guide.refetch()} />;
  const existing = health.data?.credentials.valid ?? 0;
  return (
    <Card title={`What ${guide.data.provider_name} needs to reach you`}>
      <CopyField
        label="Endpoint URL"
        value={guide.data.base_url}
        hint="The same for every directory: the credential says which one it is."
      />
      {secret ? (
        <>
          {secret.token && <CopyField label="Bearer token" value={secret.token} secret />}
          {secret.client_id && (
            <CopyField label={secret.type === "basic" ? "User name" : "Client ID"} value={secret.client_id} />
          )}
          {secret.client_secret && (
            <CopyField
              label={secret.type === "basic" ? "Password" : "Client secret"}
              value={secret.client_secret}
              secret
            />
          )}
          {secret.token_url && <CopyField label="Access token endpoint" value={secret.token_url} />}
          {secret.authorization_url && <CopyField label="Authorization endpoint" value={secret.authorization_url} />}
          <Notice tone="warning" title="Copy the secret now">
            It is kept only as a hash and cannot be shown again. If it is lost, make another one.
          </Notice>
        </>
      ) : (
        <>
          {existing > 0 && (
            <Notice title="There is a valid credential already">
              Its secret was shown when it was made. Go on if you have it, or make another one.
            </Notice>
          )}
          {types.length > 1 && (
            <div className="pc-form">
              <Field label="How it authenticates" hint="A bearer token is the simplest, and enough for most.">
                {(ids) => (
                  <Select
                    {...ids}
                    value={chosen}
                    onChange={(e) => setType(e.target.value as keyof typeof CREDENTIAL_NAMES)}
                  >
                    {types.map((one) => (
                      <option key={one} value={one}>
                        {CREDENTIAL_NAMES[one]}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            </div>
          )}
        </>
      )}
      <Failure error={create.error} />
      <div className="pt-row">
        {secret ? (
          <Button kind="primary" onClick={onNext}>
            I have copied it: continue
          </Button>
        ) : (
          <>
            <Button kind="primary" busy={create.isPending} onClick={() => create.mutate(undefined)}>
              {existing > 0 ? "Make another credential" : "Make a credential"}
            </Button>
            {existing > 0 && <Button onClick={onNext}>Continue with the one I have</Button>}
          </>
        )}
      </div>
    </Card>
  );
}

function Guide({
  org,
  dir,
  secret,
  onBack,
  onNext,
}: {
  org: string;
  dir: string;
  secret: Credential | null;
  onBack: () => void;
  onNext: () => void;
}) {
  const { data, error, isPending, refetch } = useQuery(guideQuery(org, dir));
  if (isPending) return <Spinner />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  // Figures are looked at over shoulders: they show the start of a secret only.
  const figureValue = (value: string) => (secret && /<[^>]+>/.test(value) ? fillIn(value, masked(secret)) : value);
  return (
    <div className="pc-stack">
      <Card title={`In ${data.provider_name}`}>
        <ol className="pc-guide">
          {data.steps.map((step) => (
            <li key={step.title}>
              <div className="pc-stack">
                <div>
                  <h3>{step.title}</h3>
                  <p>{step.text}</p>
                </div>
                {step.fields.length > 0 && (
                  <>
                    <SetupFigure
                      provider={data.provider}
                      title={step.title}
                      fields={step.fields.map((field) => ({ label: field.label, value: figureValue(field.value) }))}
                    />
                    <dl className="pc-facts">
                      {step.fields
                        .filter((field) => !TICKED.test(field.value))
                        .map((field) => (
                          <div key={field.label}>
                            <dt>{field.label}</dt>
                            <dd className="pt-row">
                              <code>{figureValue(field.value)}</code>
                              {(!field.value.includes("<") || fillIn(field.value, secret) !== field.value) && (
                                <CopyButton text={fillIn(field.value, secret)} name={`Copy: ${field.label}`} />
                              )}
                            </dd>
                          </div>
                        ))}
                    </dl>
                  </>
                )}
              </div>
            </li>
          ))}
        </ol>
        {data.remarks.length > 0 && (
          <Notice title="Good to know">
            <ul className="pc-list">
              {data.remarks.map((remark) => (
                <li key={remark}>{remark}</li>
              ))}
            </ul>
          </Notice>
        )}
      </Card>
      <FirstRequest org={org} dir={dir} />
      <div className="pt-row">
        <Button kind="primary" onClick={onNext}>
          Continue
        </Button>
        <Button kind="ghost" onClick={onBack}>
          Back
        </Button>
      </div>
    </div>
  );
}

function masked(secret: Credential) {
  const cut = (text: string | undefined) => (text ? `${text.slice(0, 12)}…` : undefined);
  return { token: cut(secret.token), client_id: secret.client_id, client_secret: cut(secret.client_secret) };
}
