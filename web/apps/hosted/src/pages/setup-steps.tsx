import {
  Badge,
  Banner,
  Button,
  Card,
  DescriptionList,
  EmptyState,
  ErrorState,
  RelativeTime,
  Select,
  Skeleton,
  Status,
} from "@portico/ui";
import { ArrowRight, CircleCheck, Users } from "lucide-react";
import { useEffect, useState } from "react";
import type { Health, RequestLine } from "../api";
import { useLoad } from "../context";
import { errorText } from "../errors";
import { useI18n } from "../i18n";
import { changedRules, NONE } from "../rules";
import type { StepProps } from "./setup";

import { Connect, Provider, providers } from "./setup/connect";
import { Buttons, Failure, Heading } from "./setup/parts";

/** Milliseconds between two looks at the directory. */
const POLL = 3000;

/** Looks again and again, slower while the tab is hidden; what fails is tried again. */
function usePolled(api: StepProps["api"]): { health: Health | null; requests: RequestLine[]; failing: unknown } {
  const [health, setHealth] = useState<Health | null>(null);
  const [requests, setRequests] = useState<RequestLine[]>([]);
  const [failing, setFailing] = useState<unknown>(null);
  useEffect(() => {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      if (document.visibilityState === "visible") {
        try {
          const now = await api.health(ended.signal);
          setHealth(now);
          if (now.last_request_at !== null) setRequests((await api.requests(ended.signal)).data);
          setFailing(null);
        } catch (error) {
          if (ended.signal.aborted) return;
          setFailing(error);
        }
      }
      if (!ended.signal.aborted) timer = setTimeout(() => void look(), POLL);
    };
    void look();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [api]);
  return { health, requests, failing };
}

function Test({ api, next, back }: StepProps) {
  const { t } = useI18n();
  const { health, requests, failing } = usePolled(api);
  const arrived = health !== null && health.last_request_at !== null;
  const failed = requests.length > 0 && requests.every((one) => one.status >= 400);
  return (
    <>
      <Heading text={t("setup.testText")}>{t("setup.testTitle")}</Heading>
      <Failure error={failing} />
      <Card>
        <div className="hosted-live" role="status">
          {arrived ? (
            <>
              <CircleCheck size={28} aria-hidden="true" className="hosted-icon" data-tone="success" />
              <p className="hosted-person-name">{t("setup.arrived")}</p>
              <p className="pt-muted">
                {t("setup.counts", { users: health.counts.users, groups: health.counts.groups })}
              </p>
            </>
          ) : (
            <>
              <Status tone="accent" pulse>
                {t("setup.waiting")}
              </Status>
              <p className="pt-muted">{t("setup.waitingText")}</p>
            </>
          )}
        </div>
        {failed ? <Banner tone="warning">{t("setup.allFailed")}</Banner> : null}
        {requests.length > 0 ? (
          <ul className="hosted-requests">
            {requests.map((one) => (
              <li key={one.id}>
                <Badge tone={one.status < 400 ? "success" : "danger"}>{one.status}</Badge>
                <span className="pt-truncate">{one.operation}</span>
                <span className="pt-muted pt-small">
                  <RelativeTime at={one.created_at} />
                </span>
              </li>
            ))}
          </ul>
        ) : null}
      </Card>
      <Buttons back={back}>
        <Button variant={arrived ? "primary" : "secondary"} onClick={next}>
          {arrived ? t("common.continue") : t("setup.skipTest")}
          <ArrowRight size={15} aria-hidden="true" />
        </Button>
      </Buttons>
    </>
  );
}

function Roles({ api, next, back }: StepProps) {
  const { t } = useI18n();
  const loaded = useLoad(async () => {
    const [groups, rules] = await Promise.all([api.groups(), api.rules()]);
    return { groups, rules: rules.rules };
  }, "");
  const [choices, setChoices] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);

  if (loaded.error && !loaded.data) {
    return <ErrorState error={loaded.error} message={errorText(loaded.error)} onRetry={() => void loaded.reload()} />;
  }
  const groups = [...(loaded.data?.groups.data ?? [])].sort((a, b) => a.display_name.localeCompare(b.display_name));
  const rules = loaded.data?.rules ?? [];
  const save = async () => {
    setBusy(true);
    setFailure(null);
    try {
      if (Object.keys(choices).length > 0) await api.saveRules(changedRules(rules, groups, choices));
      next();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  const known = [
    { value: NONE, label: t("setup.roleNone") },
    { value: "org:member", label: t("role.member") },
    { value: "org:admin", label: t("role.admin") },
  ];
  return (
    <>
      <Heading text={t("setup.rolesText")}>{t("setup.rolesTitle")}</Heading>
      <Failure error={failure} />
      <Card flush>
        {!loaded.data ? (
          <div className="hosted-device">
            <Skeleton width="55%" />
          </div>
        ) : groups.length === 0 ? (
          <EmptyState
            icon={<Users size={20} aria-hidden="true" />}
            title={t("setup.noGroups")}
            description={t("setup.noGroupsText")}
            action={
              <Button loading={loaded.loading} onClick={() => void loaded.reload()}>
                {t("setup.lookAgain")}
              </Button>
            }
          />
        ) : (
          <ul className="hosted-devices">
            {groups.map((group) => {
              const rule = rules.find((one) => one.group_id === group.id);
              const now = choices[group.id] ?? rule?.roles[0] ?? NONE;
              // A role that a customer made can stand here already; it is kept unless another is chosen.
              const options = known.some((one) => one.value === now) ? known : [...known, { value: now, label: now }];
              return (
                <li key={group.id} className="hosted-device">
                  <div className="hosted-device-text">
                    <span className="hosted-person-name">{group.display_name}</span>
                    <p className="pt-muted pt-small">{t("setup.members", { count: group.members_count })}</p>
                  </div>
                  <div className="hosted-role">
                    <Select
                      aria-label={t("setup.roleOf", { group: group.display_name })}
                      value={now}
                      onValueChange={(role) => setChoices({ ...choices, [group.id]: role })}
                      options={options}
                    />
                  </div>
                </li>
              );
            })}
          </ul>
        )}
      </Card>
      {loaded.data && loaded.data.groups.total_count > groups.length ? (
        <Banner tone="info">
          {t("setup.moreGroups", { shown: groups.length, total: loaded.data.groups.total_count })}
        </Banner>
      ) : null}
      <Buttons back={back}>
        <Button variant="primary" loading={busy} disabled={!loaded.data} onClick={() => void save()}>
          {Object.keys(choices).length > 0 ? t("setup.saveRoles") : t("common.continue")}
          <ArrowRight size={15} aria-hidden="true" />
        </Button>
      </Buttons>
    </>
  );
}

function Done({ api, directory, session, back }: StepProps) {
  const { t, locale } = useI18n();
  const { health } = usePolled(api);
  return (
    <>
      <Card>
        <div className="hosted-live">
          <CircleCheck size={32} aria-hidden="true" className="hosted-icon" data-tone="success" />
          <h2 tabIndex={-1}>{t("setup.doneTitle")}</h2>
          <p className="pt-muted">{t("setup.doneText", { organization: session.organization_name })}</p>
        </div>
        <DescriptionList
          items={[
            {
              term: t("setup.stepProvider"),
              value: providers.find(([value]) => value === directory.provider)?.[1] || t("setup.providerOther"),
            },
            {
              term: t("setup.lastRequest"),
              value: <RelativeTime at={health?.last_request_at} fallback={t("setup.never")} />,
            },
            { term: t("setup.people"), value: health ? health.counts.users.toLocaleString(locale) : "…" },
            { term: t("setup.groups"), value: health ? health.counts.groups.toLocaleString(locale) : "…" },
          ]}
        />
      </Card>
      <p className="pt-muted pt-small">
        {t("setup.until", {
          time: new Date(session.expires_at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }),
        })}
      </p>
      <Buttons back={back}>{null}</Buttons>
    </>
  );
}

const all = [Provider, Connect, Test, Roles, Done];

export default function Steps({ at, ...props }: StepProps & { at: number }) {
  const Step = all[at] ?? Done;
  return (
    <div className="hosted-sections">
      <Step {...props} />
    </div>
  );
}
