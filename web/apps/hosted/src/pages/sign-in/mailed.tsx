import { Banner, Button, Field, Input } from "@portico/ui";
import { useState } from "react";
import { auth, type Entry } from "../../api";
import { emailFault } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { usePasskeys } from "./passkey";

/** The field of a code that was mailed or that an app shows. */
export function CodeField({
  error,
  plain,
  label,
}: {
  error?: string | undefined;
  plain?: boolean;
  label?: string | undefined;
}) {
  const { t } = useI18n();
  return (
    <Field label={label ?? t("signIn.code")} error={error}>
      <Input
        name="code"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        // Only a reader of numbers wants the keyboard for them.
        inputMode={plain ? "text" : "numeric"}
        autoFocus
      />
    </Field>
  );
}

function AddressForm({ email, label, send }: { email: string; label: string; send: (email: string) => Promise<void> }) {
  const { t } = useI18n();
  const passkeys = usePasskeys();
  return (
    <Form
      names={["email"]}
      submitLabel={label}
      check={({ email: given }) => {
        const wrong = emailFault(given.trim());
        return wrong ? { email: wrong } : {};
      }}
      fieldOf={{ INVALID_EMAIL: "email" }}
      submit={({ email: given }) => send(given.trim())}
    >
      {(faults) => (
        <Field label={t("field.email")} error={faults.email}>
          <Input
            name="email"
            type="email"
            inputMode="email"
            autoComplete={passkeys ? "username webauthn" : "username"}
            autoCapitalize="none"
            spellCheck={false}
            defaultValue={email}
          />
        </Field>
      )}
    </Form>
  );
}

/** Mails a link that signs in. Whether there is an account is not told. */
export function ByLink({ email, callback, failed }: { email: string; callback: string; failed: string }) {
  const { t } = useI18n();
  const [sentTo, setSentTo] = useState<string | null>(null);
  return (
    <>
      <div role="status">
        {sentTo ? (
          <Banner tone="success" title={t("signIn.linkSentTitle")}>
            {t("signIn.linkSent", { email: sentTo })}
          </Banner>
        ) : null}
      </div>
      <AddressForm
        email={email}
        label={sentTo ? t("signIn.sendAgain") : t("signIn.byLink")}
        send={async (given) => {
          setSentTo(null);
          await auth.sendLink({ email: given, callbackURL: callback, errorCallbackURL: failed });
          setSentTo(given);
        }}
      />
    </>
  );
}

/** Mails a code, and takes it. */
export function ByCode({ email, entered }: { email: string; entered: (entry: Entry) => Promise<void> }) {
  const { t } = useI18n();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const send = async (given: string) => {
    await auth.sendCode(given);
    setSentTo(given);
  };
  if (!sentTo) return <AddressForm email={email} label={t("signIn.byCode")} send={send} />;
  return (
    <>
      <div role="status">
        <Banner tone="success" title={t("signIn.codeTitle")}>
          {t("signIn.codeSent", { email: sentTo })}
        </Banner>
      </div>
      <Form
        names={["code"]}
        submitLabel={t("signIn.submit")}
        check={({ code }) => (code.trim() ? {} : { code: t("error.CODE_MISSING") })}
        fieldOf={{ INVALID_OTP: "code", OTP_EXPIRED: "code", TOO_MANY_ATTEMPTS: "code" }}
        submit={async ({ code }) => entered(await auth.signInByCode(sentTo, code.trim()))}
        after={
          <Button block onClick={() => setSentTo(null)}>
            {t("signIn.sendAgain")}
          </Button>
        }
      >
        {(faults) => <CodeField error={faults.code} />}
      </Form>
    </>
  );
}
