import { Banner, Button, Field, Input } from "@portico/ui";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { auth } from "../api";
import { emailFault } from "../errors";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { AuthLayout, PageTitle } from "../layout";
import { withFlow } from "../redirect";
import { Link, useAddress } from "../router";

export default function ForgotPassword() {
  const { t, rich } = useI18n();
  const { search, params } = useAddress();
  const [sent, setSent] = useState<string | null>(null);
  const back = <Link href={withFlow("/sign-in", search)}>{t("common.backToSignIn")}</Link>;

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
      <p className="pt-muted">{t("forgot.text")}</p>
      {params.get("error") ? <Banner tone="warning">{t("error.INVALID_TOKEN")}</Banner> : null}
      <Form
        names={["email"]}
        submitLabel={t("forgot.submit")}
        check={({ email }) => {
          const wrong = emailFault(email.trim());
          return wrong ? { email: wrong } : {};
        }}
        fieldOf={{ INVALID_EMAIL: "email", VALIDATION_ERROR: "email" }}
        submit={async ({ email }) => {
          await auth.requestReset(email.trim(), withFlow("/reset-password", search));
          setSent(email.trim());
        }}
      >
        {(faults) => (
          <Field label={t("field.email")} error={faults.email}>
            <Input
              name="email"
              type="email"
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
