import { Banner, Button, Field, Input, PasswordInput } from "@portico/ui";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { auth } from "../api";
import { useInstance } from "../context";
import { emailFault, passwordFault } from "../errors";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { AuthLayout, PageTitle } from "../layout";
import { meansNumber, numberFault, phone, readNumber } from "../phone";
import { withFlow } from "../redirect";
import { Link, navigate, useAddress } from "../router";
import { SentCode } from "./sign-in/phone";

export default function ForgotPassword() {
  const { t, rich } = useI18n();
  const { search, params } = useAddress();
  const [sent, setSent] = useState<string | null>(null);
  const { methods } = useInstance().instance;
  const numbers = methods.phone_number?.enabled ?? false;
  const isNumber = (text: string) => numbers && meansNumber(text, false);
  const [number, setNumber] = useState<string | null>(null);
  const back = <Link href={withFlow("/sign-in", search)}>{t("common.backToSignIn")}</Link>;

  if (number) {
    return (
      <AuthLayout below={back}>
        <PageTitle>{t("reset.title")}</PageTitle>
        <SentCode
          said={t("forgot.sentCode", { number })}
          submitLabel={t("reset.submit")}
          send={() => phone.requestReset(number)}
          another={() => setNumber(null)}
          extra={{
            names: ["password"],
            check: ({ password }) => {
              const wrong = passwordFault(password, methods.email_password);
              return wrong ? { password: wrong } : {};
            },
            fieldOf: {
              PASSWORD_TOO_SHORT: "password",
              PASSWORD_TOO_LONG: "password",
              PASSWORD_COMPROMISED: "password",
              INVALID_PASSWORD: "password",
            },
            fields: (faults) => (
              <Field
                label={t("field.newPassword")}
                error={faults.password}
                hint={t("field.passwordHint", { min: methods.email_password.min_length })}
              >
                <PasswordInput name="password" autoComplete="new-password" />
              </Field>
            ),
          }}
          submit={async ({ code, password }) => {
            await phone.resetPassword(number, code, password);
            navigate(withFlow("/sign-in", search, { reset: "1" }), { replace: true });
          }}
        />
      </AuthLayout>
    );
  }
  if (sent) {
    return (
      <AuthLayout below={back}>
        <MailCheck size={28} aria-hidden="true" className="hosted-icon" />
        <PageTitle>{t("forgot.sentTitle")}</PageTitle>
        <p role="status" className="pt-muted">
          {rich("forgot.sentText", { email: <strong className="pt-wrap">{sent}</strong> })}
        </p>
        <Button block onClick={() => setSent(null)}>
          {t("forgot.another")}
        </Button>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout below={back}>
      <PageTitle>{t("forgot.title")}</PageTitle>
      <p className="pt-muted">{t(numbers ? "forgot.textOrPhone" : "forgot.text")}</p>
      {params.get("error") ? <Banner tone="warning">{t("error.INVALID_TOKEN")}</Banner> : null}
      <Form
        names={["email"]}
        submitLabel={t(numbers ? "common.continue" : "forgot.submit")}
        check={({ email }) => {
          const wrong = isNumber(email) ? numberFault(email) : emailFault(email.trim());
          return wrong ? { email: wrong } : {};
        }}
        fieldOf={{ INVALID_EMAIL: "email", VALIDATION_ERROR: "email", INVALID_PHONE_NUMBER: "email" }}
        submit={async ({ email }) => {
          const wanted = isNumber(email) ? readNumber(email) : null;
          if (wanted) {
            await phone.requestReset(wanted);
            setNumber(wanted);
            return;
          }
          await auth.requestReset(email.trim(), withFlow("/reset-password", search));
          setSent(email.trim());
        }}
      >
        {(faults) => (
          <Field label={t(numbers ? "signIn.emailOrPhone" : "field.email")} error={faults.email}>
            <Input
              name="email"
              type={numbers ? "text" : "email"}
              inputMode="email"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              defaultValue={params.get("email") ?? ""}
            />
          </Field>
        )}
      </Form>
    </AuthLayout>
  );
}
