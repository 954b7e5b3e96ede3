import { Button, EmptyState, Field, PasswordInput } from "@portico/ui";
import { KeyRound } from "lucide-react";
import { useEffect, useState } from "react";
import { auth } from "../api";
import { useInstance } from "../context";
import { passwordFault } from "../errors";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { AuthLayout, PageTitle } from "../layout";
import { withFlow } from "../redirect";
import { Link, navigate, useAddress } from "../router";

export default function ResetPassword() {
  const { t } = useI18n();
  const { instance } = useInstance();
  const { search, params } = useAddress();
  const [invalid, setInvalid] = useState(false);
  const [token] = useState(() => params.get("token"));
  // Out of the address: histories and screenshots show addresses.
  useEffect(() => {
    if (params.has("token")) navigate(withFlow("/reset-password", search), { replace: true });
  }, [params, search]);

  if (!token || invalid) {
    return (
      <AuthLayout>
        <PageTitle hidden>{t("reset.invalidTitle")}</PageTitle>
        <EmptyState
          icon={<KeyRound size={20} aria-hidden="true" />}
          title={t("reset.invalidTitle")}
          description={t("error.INVALID_TOKEN")}
          action={
            <Button asChild variant="primary">
              <Link href={withFlow("/forgot-password", search)}>{t("reset.newLink")}</Link>
            </Button>
          }
        />
      </AuthLayout>
    );
  }
  return (
    <AuthLayout>
      <PageTitle>{t("reset.title")}</PageTitle>
      <Form
        names={["password"]}
        submitLabel={t("reset.submit")}
        check={({ password }) => {
          const wrong = passwordFault(password, instance.methods.email_password);
          return wrong ? { password: wrong } : {};
        }}
        fieldOf={{ PASSWORD_TOO_SHORT: "password", PASSWORD_TOO_LONG: "password", INVALID_PASSWORD: "password" }}
        onError={(code) => {
          if (code === "INVALID_TOKEN") setInvalid(true);
          return code === "INVALID_TOKEN";
        }}
        submit={async ({ password }) => {
          await auth.resetPassword(token, password);
          navigate(withFlow("/sign-in", search, { reset: "1" }), { replace: true });
        }}
      >
        {(faults) => (
          <Field
            label={t("field.newPassword")}
            error={faults.password}
            hint={t("field.passwordHint", { min: instance.methods.email_password.min_length })}
          >
            <PasswordInput name="password" autoComplete="new-password" />
          </Field>
        )}
      </Form>
    </AuthLayout>
  );
}
