/** Passkeys: those that one has, and what can be done about them. */
import {
  AlertDialog,
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  Field,
  Input,
  RelativeTime,
  toast,
} from "@portico/ui";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { describeAgent } from "../../agent";
import { useInstance, useLoad } from "../../context";
import { errorText } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { type Passkey, passkeys } from "../../passkeys";
import { usePasskeys } from "../sign-in/passkey";
import { SignInAgain } from "./again";
import { Fresh } from "./fresh";

/** Longest name, in UTF-16 code units. */
const LONGEST = 256;

export function Passkeys() {
  const { t } = useI18n();
  const on = useInstance().instance.methods.passkey?.enabled ?? false;
  const able = usePasskeys();
  const all = useLoad(on ? passkeys.list : null, "");
  if (!on) return null;
  return (
    <Card
      title={t("passkey.title")}
      description={t("passkey.text")}
      flush
      actions={able ? <Add added={all.reload} /> : null}
    >
      {all.error && !all.data ? (
        <ErrorState error={all.error} message={errorText(all.error)} onRetry={() => void all.reload()} />
      ) : all.data?.length === 0 ? (
        <EmptyState
          icon={<Fingerprint size={20} aria-hidden="true" />}
          title={t("passkey.none")}
          description={t(able ? "passkey.noneText" : "passkey.unsupported")}
        />
      ) : (
        <ul className="hosted-devices">
          {(all.data ?? []).map((one) => (
            <Row key={one.id} passkey={one} changed={all.reload} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Row({ passkey, changed }: { passkey: Passkey; changed: () => Promise<void> }) {
  const { t, rich } = useI18n();
  const [failure, setFailure] = useState<string | null>(null);
  const name = passkey.name ?? t("passkey.unnamed");
  return (
    <li className="hosted-device">
      <span className="hosted-device-icon">
        <Fingerprint size={18} aria-hidden="true" />
      </span>
      <div className="hosted-device-text">
        <div className="pt-row">
          <span className="hosted-person-name">{name}</span>
          {passkey.backedUp ? <Badge>{t("passkey.synced")}</Badge> : null}
        </div>
        <p className="pt-muted pt-small">{rich("passkey.since", { time: <RelativeTime at={passkey.createdAt} /> })}</p>
      </div>
      <div className="pt-row hosted-device-actions">
        <Rename passkey={passkey} name={name} renamed={changed} />
        <AlertDialog
          trigger={
            <Button size="sm" aria-label={`${t("passkey.remove")}: ${name}`}>
              {t("passkey.remove")}
            </Button>
          }
          title={t("passkey.removeTitle", { name })}
          consequences={t("passkey.removeText")}
          confirmLabel={t("passkey.remove")}
          error={failure}
          onOpenChange={() => setFailure(null)}
          onConfirm={async () => {
            setFailure(null);
            try {
              await passkeys.remove(passkey.id);
            } catch (error) {
              setFailure(errorText(error));
              throw error;
            }
            toast({ title: t("passkey.removed"), tone: "success" });
            await changed();
          }}
        />
      </div>
    </li>
  );
}

function NameField({ error, value }: { error?: string | undefined; value: string }) {
  const { t } = useI18n();
  return (
    <Field label={t("field.name")} error={error} hint={t("passkey.nameHint")}>
      <Input name="name" autoComplete="off" maxLength={LONGEST} defaultValue={value} autoFocus />
    </Field>
  );
}

function Rename({ passkey, name, renamed }: { passkey: Passkey; name: string; renamed: () => Promise<void> }) {
  const { t } = useI18n();
  return (
    <Fresh
      trigger={
        <Button size="sm" aria-label={`${t("passkey.rename")}: ${name}`}>
          {t("passkey.rename")}
        </Button>
      }
      title={t("passkey.renameTitle")}
    >
      {(close) => (
        <Form
          names={["name"]}
          submitLabel={t("common.save")}
          inline
          check={({ name: given }) => (given.trim() ? {} : { name: t("error.NAME_MISSING") })}
          fieldOf={{ INVALID_PASSKEY_NAME: "name" }}
          submit={async ({ name: given }) => {
            await passkeys.rename(passkey.id, given.trim());
            close();
            await renamed();
          }}
        >
          {(faults) => <NameField error={faults.name} value={passkey.name ?? ""} />}
        </Form>
      )}
    </Fresh>
  );
}

function Add({ added }: { added: () => Promise<void> }) {
  const { t } = useI18n();
  return (
    <Fresh trigger={<Button size="sm">{t("passkey.add")}</Button>} title={t("passkey.addTitle")}>
      {(close) => <AddForm close={close} added={added} />}
    </Fresh>
  );
}

function AddForm({ close, added }: { close: () => void; added: () => Promise<void> }) {
  const { t } = useI18n();
  const [stale, setStale] = useState(false);
  if (stale) return <SignInAgain />;
  const { browser, system } = describeAgent(navigator.userAgent);
  const here = browser && system ? t("account.browserOn", { browser, system }) : (browser ?? system ?? "");
  return (
    <>
      <p className="pt-muted">{t("passkey.addText")}</p>
      <Form
        names={["name"]}
        submitLabel={t("passkey.create")}
        inline
        check={({ name }) => (name.trim() ? {} : { name: t("error.NAME_MISSING") })}
        fieldOf={{ INVALID_PASSKEY_NAME: "name" }}
        onError={(code) => {
          if (code !== "SESSION_NOT_FRESH") return false;
          setStale(true);
          return true;
        }}
        submit={async ({ name }) => {
          await passkeys.create(name.trim());
          close();
          toast({ title: t("passkey.added"), tone: "success" });
          await added();
        }}
      >
        {(faults) => <NameField error={faults.name} value={here} />}
      </Form>
    </>
  );
}
