/** What is done about second factors, each in a dialog of its own. The only child of each is the button that opens it. */
import { Button, CopyButton, toast } from "@portico/ui";
import { lazy, type ReactElement, Suspense, useState } from "react";
import { auth } from "../../../api";
import { useSession } from "../../../context";
import { Form } from "../../../form";
import { useI18n } from "../../../i18n";
import { keyOf } from "../../../otpauth";
import { CodeField } from "../../sign-in/mailed";
import { Fresh } from "../fresh";
import { BackupCodes } from "./backup-codes";
import { Confirm } from "./confirm";

const QrCode = lazy(() => import("./qr-code"));

/** Beside the field those errors belong that are about the code. */
const OF_CODE = {
  INVALID_CODE: "code",
  OTP_HAS_EXPIRED: "code",
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: "code",
} as const;

interface Props {
  hasPassword: boolean;
  trigger: ReactElement;
}

/** Sets up an app: password, QR code, a code of the app, backup codes. */
export function SetUpApp({ hasPassword, trigger }: Props) {
  const { t } = useI18n();
  return (
    <Fresh trigger={trigger} title={t("factor.appTitle")}>
      {(close) => <AppSteps hasPassword={hasPassword} close={close} />}
    </Fresh>
  );
}

function AppSteps({ hasPassword, close }: { hasPassword: boolean; close: () => void }) {
  const { t } = useI18n();
  const session = useSession();
  const [made, setMade] = useState<{ totpURI: string; backupCodes: string[] } | null>(null);
  const [shown, setShown] = useState(false);
  if (!made) {
    return (
      <>
        <p className="pt-muted">{t(hasPassword ? "factor.appBegin" : "factor.appBeginFresh")}</p>
        <Confirm
          hasPassword={hasPassword}
          label={t("common.continue")}
          submit={async (password) => setMade(await auth.enableApp(password))}
        />
      </>
    );
  }
  if (shown) return <BackupCodes codes={made.backupCodes} done={close} />;
  const key = keyOf(made.totpURI);
  return (
    <div className="pt-stack">
      <p className="pt-muted">{t("factor.scan")}</p>
      <Suspense fallback={<div className="hosted-qr" />}>
        <QrCode text={made.totpURI} label={t("factor.qr")} />
      </Suspense>
      <p className="pt-small">
        <a href={made.totpURI}>{t("factor.openApp")}</a>
      </p>
      <div className="pt-field">
        <span className="pt-label">{t("factor.key")}</span>
        <div className="hosted-value">
          <code className="pt-wrap">{key}</code>
          <CopyButton value={key.replaceAll(" ", "")} label={t("factor.keyCopy")} />
        </div>
        <p className="pt-field-hint">{t("factor.keyHint")}</p>
      </div>
      <Form
        names={["code"]}
        submitLabel={t("factor.check")}
        inline
        check={({ code }) => (code.trim() ? {} : { code: t("error.CODE_MISSING") })}
        fieldOf={OF_CODE}
        submit={async ({ code }) => {
          await auth.verifyFactor("totp", code.trim(), false);
          setShown(true);
          // Another session has taken the place of this one.
          await session.reload();
        }}
      >
        {(faults) => <CodeField error={faults.code} label={t("factor.appCode")} />}
      </Form>
    </div>
  );
}

/** Has codes mailed: one is sent to begin with, so that nobody locks themselves out by a mailbox that they do not read. */
export function SetUpMail({ trigger }: { trigger: ReactElement }) {
  const { t } = useI18n();
  return (
    <Fresh trigger={trigger} title={t("factor.mailTitle")}>
      {(close) => <MailSteps close={close} />}
    </Fresh>
  );
}

function MailSteps({ close }: { close: () => void }) {
  const { t, rich } = useI18n();
  const session = useSession();
  const [sent, setSent] = useState(false);
  const email = <strong className="pt-wrap">{session.data?.user.email}</strong>;
  if (!sent) {
    return (
      <>
        <p className="pt-muted">{rich("factor.mailBegin", { email })}</p>
        <Form
          names={[]}
          submitLabel={t("twoFactor.send")}
          inline
          check={() => ({})}
          submit={async () => {
            await auth.sendFactor();
            setSent(true);
          }}
        >
          {() => null}
        </Form>
      </>
    );
  }
  return (
    <>
      <p className="pt-muted" role="status">
        {rich("factor.mailSent", { email })}
      </p>
      <Form
        names={["code"]}
        submitLabel={t("factor.check")}
        inline
        check={({ code }) => (code.trim() ? {} : { code: t("error.CODE_MISSING") })}
        fieldOf={OF_CODE}
        submit={async ({ code }) => {
          await auth.verifyFactor("otp", code.trim(), false);
          close();
          toast({ title: t("factor.turnedOn"), tone: "success" });
          await session.reload();
        }}
        after={
          <Button variant="ghost" onClick={() => setSent(false)}>
            {t("signIn.sendAgain")}
          </Button>
        }
      >
        {(faults) => <CodeField error={faults.code} />}
      </Form>
    </>
  );
}

/** Makes new backup codes; those before are void. */
export function RenewBackupCodes({ hasPassword, trigger }: Props) {
  const { t } = useI18n();
  return (
    <Fresh trigger={trigger} title={t("backup.renew")}>
      {(close) => <RenewSteps hasPassword={hasPassword} close={close} />}
    </Fresh>
  );
}

function RenewSteps({ hasPassword, close }: { hasPassword: boolean; close: () => void }) {
  const { t } = useI18n();
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) return <BackupCodes codes={codes} done={close} />;
  return (
    <>
      <p className="pt-muted">{t("backup.renewText")}</p>
      <Confirm
        hasPassword={hasPassword}
        label={t("backup.renew")}
        submit={async (password) => setCodes((await auth.renewBackupCodes(password)).backupCodes)}
      />
    </>
  );
}

/** Does without a second factor. */
export function TurnOff({ hasPassword, trigger }: Props) {
  const { t } = useI18n();
  const session = useSession();
  return (
    <Fresh trigger={trigger} title={t("factor.offTitle")}>
      {(close) => (
        <>
          <p className="pt-muted">{t("factor.offText")}</p>
          <Confirm
            hasPassword={hasPassword}
            danger
            label={t("factor.off")}
            submit={async (password) => {
              await auth.disableFactor(password);
              close();
              toast({ title: t("factor.turnedOff"), tone: "success" });
              await session.reload();
            }}
          />
        </>
      )}
    </Fresh>
  );
}
