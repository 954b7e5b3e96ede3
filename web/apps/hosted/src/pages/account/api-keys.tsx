/** API keys: by which programs of one's own show themselves to the application. */
import {
  AlertDialog,
  Badge,
  Banner,
  Button,
  Card,
  CopyField,
  EmptyState,
  ErrorState,
  Field,
  Input,
  Pagination,
  RelativeTime,
  Select,
  Skeleton,
  toast,
} from "@portico/ui";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { get, post } from "../../api";
import { useLoad } from "../../context";
import { errorText } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { Fresh } from "./fresh";

interface ApiKey {
  id: string;
  name: string | null;
  /** The first letters, to tell it by. */
  start: string;
  enabled: boolean;
  createdAt: string;
  expiresAt: string | null;
  lastRequest: string | null;
}

const PAGE = 20;
const DAY = 86_400;
/** Longest name, in UTF-16 code units. */
const LONGEST = 32;
/** How many days a key may be good. Which of them the server allows, it says when it is asked. */
const DAYS = [7, 30, 90, 365];
/** As the server is configured, and for ever. */
const USUAL = "usual";
const NEVER = "never";

const keys = {
  list: (offset: number) =>
    get<{ apiKeys: ApiKey[]; total: number }>(
      `/api-key/list?limit=${PAGE}&offset=${offset}&sortBy=createdAt&sortDirection=desc`,
    ),
  make: (name: string, expires: string) =>
    post<ApiKey & { key: string }>("/api-key/create", {
      ...(name ? { name } : {}),
      ...(expires === USUAL ? {} : { expiresIn: expires === NEVER ? null : Number(expires) * DAY }),
    }),
  turn: (keyId: string, enabled: boolean) => post<ApiKey>("/api-key/update", { keyId, enabled }),
  remove: (keyId: string) => post("/api-key/delete", { keyId }),
};

export function ApiKeys() {
  const { t } = useI18n();
  const [offset, setOffset] = useState(0);
  const all = useLoad(() => keys.list(offset), String(offset));
  const rows = all.data?.apiKeys ?? [];
  const changed = async () => {
    // The last of a page takes the page with it.
    if (rows.length === 1 && offset > 0) setOffset(Math.max(0, offset - PAGE));
    else await all.reload();
  };
  return (
    <Card
      title={t("apiKey.title")}
      description={t("apiKey.text")}
      flush
      actions={
        <Fresh trigger={<Button size="sm">{t("apiKey.make")}</Button>} title={t("apiKey.makeTitle")}>
          {(close) => <Make close={close} made={() => (offset === 0 ? void all.reload() : setOffset(0))} />}
        </Fresh>
      }
    >
      {all.error && !all.data ? (
        <ErrorState error={all.error} message={errorText(all.error)} onRetry={() => void all.reload()} />
      ) : !all.data ? (
        <div className="hosted-device">
          <Skeleton width="55%" />
        </div>
      ) : rows.length === 0 ? (
        <EmptyState
          icon={<KeyRound size={20} aria-hidden="true" />}
          title={t("apiKey.none")}
          description={t("apiKey.noneText")}
        />
      ) : (
        <>
          <ul className="hosted-devices">
            {rows.map((one) => (
              <Row key={one.id} apiKey={one} reload={all.reload} removed={changed} />
            ))}
          </ul>
          {all.data.total > PAGE ? (
            <div className="hosted-pages">
              <Pagination
                offset={offset}
                limit={PAGE}
                total={all.data.total}
                onOffsetChange={setOffset}
                label={t("apiKey.title")}
              />
            </div>
          ) : null}
        </>
      )}
    </Card>
  );
}

function State({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useI18n();
  if (apiKey.expiresAt && Date.parse(apiKey.expiresAt) <= Date.now())
    return <Badge tone="warning">{t("apiKey.expired")}</Badge>;
  return apiKey.enabled ? null : <Badge>{t("apiKey.off")}</Badge>;
}

function Row({
  apiKey,
  reload,
  removed,
}: {
  apiKey: ApiKey;
  reload: () => Promise<void>;
  removed: () => Promise<void>;
}) {
  const { t, rich } = useI18n();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const name = apiKey.name ?? t("apiKey.unnamed");
  const turn = async () => {
    setBusy(true);
    try {
      const after = await keys.turn(apiKey.id, !apiKey.enabled);
      // Turned on again, but the access on which it stood has ended.
      if (!apiKey.enabled && !after.enabled) toast({ title: t("apiKey.ended"), tone: "danger" });
      await reload();
    } catch (error) {
      toast({ title: errorText(error), tone: "danger" });
    } finally {
      setBusy(false);
    }
  };
  const action = t(apiKey.enabled ? "apiKey.turnOff" : "apiKey.turnOn");
  return (
    <li className="hosted-device">
      <span className="hosted-device-icon">
        <KeyRound size={18} aria-hidden="true" />
      </span>
      <div className="hosted-device-text">
        <div className="pt-row">
          <span className="hosted-person-name">{name}</span>
          <code className="pt-small pt-muted">{apiKey.start}…</code>
          <State apiKey={apiKey} />
        </div>
        <p className="pt-muted pt-small">
          {apiKey.lastRequest
            ? rich("apiKey.used", { time: <RelativeTime at={apiKey.lastRequest} /> })
            : t("apiKey.unused")}
          {" · "}
          {apiKey.expiresAt
            ? rich("apiKey.until", { time: <RelativeTime at={apiKey.expiresAt} /> })
            : t("apiKey.forever")}
        </p>
      </div>
      <div className="pt-row hosted-device-actions">
        <Button size="sm" loading={busy} aria-label={`${action}: ${name}`} onClick={() => void turn()}>
          {action}
        </Button>
        <AlertDialog
          trigger={
            <Button size="sm" aria-label={`${t("apiKey.delete")}: ${name}`}>
              {t("apiKey.delete")}
            </Button>
          }
          title={t("apiKey.deleteTitle", { name })}
          consequences={t("apiKey.deleteText")}
          confirmLabel={t("apiKey.delete")}
          error={failure}
          onOpenChange={() => setFailure(null)}
          onConfirm={async () => {
            setFailure(null);
            try {
              await keys.remove(apiKey.id);
            } catch (error) {
              setFailure(errorText(error));
              throw error;
            }
            toast({ title: t("apiKey.deleted"), tone: "success" });
            await removed();
          }}
        />
      </div>
    </li>
  );
}

/** Asks what the key is to be, then shows it, this once. */
function Make({ close, made }: { close: () => void; made: () => void }) {
  const { t } = useI18n();
  const [key, setKey] = useState<string | null>(null);
  if (key) {
    return (
      <div className="pt-stack">
        <Banner tone="warning" live>
          {t("apiKey.once")}
        </Banner>
        <CopyField label={t("apiKey.key")} value={key} secret />
        <Button variant="primary" onClick={close}>
          {t("apiKey.kept")}
        </Button>
      </div>
    );
  }
  const days = (count: number) => ({ value: String(count), label: t("apiKey.days", { count }) });
  return (
    <Form
      names={["name", "expires"]}
      submitLabel={t("apiKey.make")}
      inline
      check={({ name }) => (name.trim() ? {} : { name: t("error.NAME_MISSING") })}
      fieldOf={{
        INVALID_NAME_LENGTH: "name",
        NAME_REQUIRED: "name",
        EXPIRES_IN_IS_TOO_SMALL: "expires",
        EXPIRES_IN_IS_TOO_LARGE: "expires",
      }}
      submit={async ({ name, expires }) => {
        setKey((await keys.make(name.trim(), expires)).key);
        made();
      }}
    >
      {(faults) => (
        <>
          <Field label={t("field.name")} error={faults.name} hint={t("apiKey.nameHint")}>
            <Input name="name" autoComplete="off" maxLength={LONGEST} autoFocus />
          </Field>
          <Field label={t("apiKey.expires")} error={faults.expires}>
            <Select
              name="expires"
              defaultValue={USUAL}
              options={[
                { value: USUAL, label: t("apiKey.usual") },
                ...DAYS.map(days),
                { value: NEVER, label: t("apiKey.never") },
              ]}
            />
          </Field>
        </>
      )}
    </Form>
  );
}
