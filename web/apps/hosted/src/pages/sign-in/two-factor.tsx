import { Banner, Button, Checkbox } from "@portico/ui";
import { useState } from "react";
import { auth, type Factor } from "../../api";
import { errorCode, errorText } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { PageTitle } from "../../layout";
import { CodeField } from "./mailed";
import { ByPasskey, usePasskeys } from "./passkey";

const TEXTS = { totp: "twoFactor.totpText", otp: "twoFactor.otpText", "backup-code": "twoFactor.backupText" } as const;
const USE = { totp: "twoFactor.useTotp", otp: "twoFactor.useOtp", "backup-code": "twoFactor.useBackup" } as const;

const TOO_MANY = "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE";

/** Asks for a second factor, after the first was right. */
export function TwoFactor({
  methods,
  entered,
  over,
}: {
  methods: readonly string[];
  entered: () => Promise<void>;
  /** It took too long, or somebody thought better of it: back to the beginning. */
  over: () => void;
}) {
  const { t } = useI18n();
  const passkeys = usePasskeys();
  // Backup codes come with an app, and can be made without one.
  const factors: Factor[] = [...(["totp", "otp"] as const).filter((one) => methods.includes(one)), "backup-code"];
  const [factor, setFactor] = useState<Factor>(factors[0] ?? "totp");
  const [sending, setSending] = useState(false);
  const [sent, setSent] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  /** Why this sign-in has ended: it took too long, or too many codes were wrong. */
  const [ended, setEnded] = useState<string | null>(null);
  const ends = (code: string, error: unknown, sends = false): boolean => {
    if (code === "INVALID_TWO_FACTOR_COOKIE") setEnded(errorText(error));
    // Another code can be sent, unless there were too many of these too; an app has no other.
    else if (code === TOO_MANY && (sends || factor !== "otp")) setEnded(t("twoFactor.tooMany"));
    else return false;
    return true;
  };
  const send = async () => {
    setSending(true);
    setFailure(null);
    try {
      await auth.sendFactor();
      setSent(true);
    } catch (error) {
      if (!ends(errorCode(error), error, true)) setFailure(errorText(error));
    } finally {
      setSending(false);
    }
  };
  if (ended) {
    return (
      <>
        <PageTitle>{t("twoFactor.title")}</PageTitle>
        <Banner tone="danger" live>
          {ended}
        </Banner>
        <Button variant="primary" block autoFocus onClick={over}>
          {t("twoFactor.over")}
        </Button>
      </>
    );
  }
  return (
    <>
      <PageTitle>{t("twoFactor.title")}</PageTitle>
      <p className="pt-muted">{t(TEXTS[factor])}</p>
      <div role="status">{factor === "otp" && sent ? <Banner tone="success">{t("twoFactor.sent")}</Banner> : null}</div>
      {failure ? (
        <Banner tone="danger" live>
          {failure}
        </Banner>
      ) : null}
      {factor === "otp" ? (
        <Button block loading={sending} onClick={() => void send()}>
          {sent ? t("signIn.sendAgain") : t("twoFactor.send")}
        </Button>
      ) : null}
      <Form
        // Another factor is another form, without what was typed for the one before.
        key={factor}
        names={["code"]}
        submitLabel={t("common.continue")}
        check={({ code }) => (code.trim() ? {} : { code: t("error.CODE_MISSING") })}
        fieldOf={{
          INVALID_CODE: "code",
          INVALID_OTP: "code",
          INVALID_BACKUP_CODE: "code",
          OTP_HAS_EXPIRED: "code",
          [TOO_MANY]: "code",
        }}
        onError={ends}
        submit={async ({ code }, data) => {
          await auth.verifyFactor(factor, code.trim(), data.get("trust") === "on");
          await entered();
        }}
      >
        {(faults) => (
          <>
            <CodeField error={faults.code} plain={factor === "backup-code"} />
            <Checkbox name="trust" label={t("twoFactor.trust")} description={t("twoFactor.trustText")} />
          </>
        )}
      </Form>
      <div className="pt-stack">
        {/* A passkey is two factors at once. Who has one is not told before they show it. */}
        {passkeys ? <ByPasskey entered={entered} label={t("twoFactor.usePasskey")} /> : null}
        {factors
          .filter((one) => one !== factor)
          .map((one) => (
            <Button
              key={one}
              variant="ghost"
              size="sm"
              onClick={() => {
                setFailure(null);
                setFactor(one);
              }}
            >
              {t(USE[one])}
            </Button>
          ))}
        <Button variant="ghost" size="sm" onClick={over}>
          {t("twoFactor.over")}
        </Button>
      </div>
    </>
  );
}
