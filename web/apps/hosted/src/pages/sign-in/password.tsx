import { Banner, Button, Checkbox, Field, Input, PasswordInput } from "@portico/ui";
import { useState } from "react";
import { auth, type Entry } from "../../api";
import { useInstance } from "../../context";
import { emailFault } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { withFlow } from "../../redirect";
import { Link, navigate } from "../../router";
import { usePasskeys } from "./passkey";

/** Signs in by email address, or user name where there are such, and password. */
export function ByPassword({
  email,
  search,
  entered,
}: {
  email: string;
  search: string;
  entered: (entry: Entry) => Promise<void>;
}) {
  const { t } = useI18n();
  const names = useInstance().instance.methods.username?.enabled ?? false;
  const passkeys = usePasskeys();
  const [unverified, setUnverified] = useState<string | null>(null);
  const isName = (text: string) => names && text !== "" && !text.includes("@");
  return (
    <>
      {unverified ? (
        <Banner
          tone="warning"
          live
          title={t("error.EMAIL_NOT_VERIFIED")}
          actions={
            <Button
              size="sm"
              onClick={() => navigate(withFlow("/verify-email", search, { email: unverified, send: "1" }))}
            >
              {t("verify.send")}
            </Button>
          }
        >
          {t("signIn.unverified")}
        </Banner>
      ) : null}
      <Form
        names={["email", "password"]}
        submitLabel={t("signIn.submit")}
        check={({ email: given, password }) => {
          const wrong = isName(given.trim()) ? undefined : emailFault(given);
          return { ...(wrong ? { email: wrong } : {}), ...(password ? {} : { password: t("error.PASSWORD_MISSING") }) };
        }}
        fieldOf={{ INVALID_EMAIL: "email", INVALID_USERNAME: "email" }}
        onError={(code) => {
          if (code !== "EMAIL_NOT_VERIFIED") return false;
          const given = document.querySelector<HTMLInputElement>("input[name=email]")?.value ?? "";
          setUnverified(isName(given.trim()) ? "" : given);
          return true;
        }}
        submit={async ({ email: given, password }, data) => {
          setUnverified(null);
          const rememberMe = data.get("remember") === "on";
          const name = given.trim();
          await entered(
            isName(name)
              ? await auth.signInByName({ username: name, password, rememberMe })
              : await auth.signIn({ email: name, password, rememberMe }),
          );
        }}
      >
        {(faults) => (
          <>
            <Field label={names ? t("signIn.emailOrUsername") : t("field.email")} error={faults.email}>
              <Input
                name="email"
                type={names ? "text" : "email"}
                inputMode="email"
                autoComplete={passkeys ? "username webauthn" : "username"}
                autoCapitalize="none"
                spellCheck={false}
                defaultValue={email}
              />
            </Field>
            <Field
              label={t("field.password")}
              error={faults.password}
              aside={<Link href={withFlow("/forgot-password", search)}>{t("signIn.forgot")}</Link>}
            >
              <PasswordInput name="password" autoComplete="current-password" />
            </Field>
            <Checkbox name="remember" label={t("signIn.remember")} defaultChecked />
          </>
        )}
      </Form>
    </>
  );
}
