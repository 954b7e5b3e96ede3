import { Banner, Button, Checkbox } from "@portico/ui";
import { useState } from "react";
import { auth, type Factor } from "../../api";
import { errorText } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { PageTitle } from "../../layout";
import { CodeField } from "./mailed";

const TEXTS = { totp: "twoFactor.totpText", otp: "twoFactor.otpText", "backup-code": "twoFactor.backupText" } as const;
const USE = { totp: "twoFactor.useTotp", otp: "twoFactor.useOtp", "backup-code": "twoFactor.useBackup" } as const;

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
  const factors: Factor[] = [
    ...(["totp", "otp"] as const).filter((one) => methods.includes(one)),
    // Who set an app up was given backup codes.
    ...(methods.includes("totp") ? (["backup-code"] as const) : []),
  ];
  const [factor, setFactor] = useState<Factor>(factors[0] ?? "totp");
  const [sending, setSending] = useState(false);
  const [sent, setSent] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const send = async () => {
    setSending(true);
    setFailure(null);
    try {
      await auth.sendFactor();
      setSent(true);
    } catch (error) {
      setFailure(errorText(error));
    } finally {
      setSending(false);
    }
  };
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
          TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: "code",
        }}
        submit={async ({ code }, data) => {
          await auth.verifyFactor(factor, code.trim(), data.get("trust") === "on");
          await entered();
        }}
      >
        {(faults) => (
          <>
            <CodeField error={faults.code} plain={factor === "backup-code"} />
            <Checkbox name="trust" label={t("twoFactor.trust")} />
          </>
        )}
      </Form>
      <div className="pt-stack">
        {factors
          .filter((one) => one !== factor)
          .map((one) => (
            <Button key={one} variant="ghost" size="sm" onClick={() => setFactor(one)}>
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
