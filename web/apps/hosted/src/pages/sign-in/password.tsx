import { Banner, Button, Checkbox, Field, Input, PasswordInput } from "@portico/ui";
import { useState } from "react";
import { auth, type Entry } from "../../api";
import { useInstance } from "../../context";
import { emailFault } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { meansNumber, numberFault, phone, readNumber } from "../../phone";
import { withFlow } from "../../redirect";
import { Link, navigate } from "../../router";
import { usePasskeys } from "./passkey";

/** Signs in by password, and by an email address, a user name or a telephone number, where there are such. */
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
  const { methods } = useInstance().instance;
  const emails = methods.email_password.enabled;
  const names = methods.username?.enabled ?? false;
  const numbers = methods.phone_number?.enabled ?? false;
  const passkeys = usePasskeys();
  const [unverified, setUnverified] = useState<string | null>(null);
  const kindOf = (text: string): "number" | "name" | "email" => {
    if (numbers && (meansNumber(text, names) || !(emails || names))) return "number";
    return names && text !== "" && !text.includes("@") ? "name" : "email";
  };
  const asks =
    emails && numbers
      ? t(names ? "signIn.emailUsernameOrPhone" : "signIn.emailOrPhone")
      : numbers
        ? t(names ? "signIn.usernameOrPhone" : "field.phoneNumber")
        : t(names ? "signIn.emailOrUsername" : "field.email");
  return (
    <>
      {unverified !== null ? (
        <Banner
          tone="warning"
          live
          title={t("error.EMAIL_NOT_VERIFIED")}
          actions={
            // Where the letter goes is not told to who has shown a name or a number.
            unverified ? (
              <Button
                size="sm"
                onClick={() => navigate(withFlow("/verify-email", search, { email: unverified, send: "1" }))}
              >
                {t("verify.send")}
              </Button>
            ) : null
          }
        >
          {t("signIn.unverified")}
        </Banner>
      ) : null}
      <Form
        names={["email", "password"]}
        submitLabel={t("signIn.submit")}
        check={({ email: given, password }) => {
          const kind = kindOf(given.trim());
          const wrong = kind === "email" ? emailFault(given) : kind === "number" ? numberFault(given) : undefined;
          return { ...(wrong ? { email: wrong } : {}), ...(password ? {} : { password: t("error.PASSWORD_MISSING") }) };
        }}
        fieldOf={{ INVALID_EMAIL: "email", INVALID_USERNAME: "email", INVALID_PHONE_NUMBER: "email" }}
        onError={(code) => {
          if (code !== "EMAIL_NOT_VERIFIED") return false;
          const given = document.querySelector<HTMLInputElement>("input[name=email]")?.value ?? "";
          setUnverified(kindOf(given.trim()) === "email" ? given : "");
          return true;
        }}
        submit={async ({ email: given, password }, data) => {
          setUnverified(null);
          const rememberMe = data.get("remember") === "on";
          const name = given.trim();
          const kind = kindOf(name);
          await entered(
            kind === "number"
              ? await phone.signIn({ phoneNumber: readNumber(name) ?? "", password, rememberMe })
              : kind === "name"
                ? await auth.signInByName({ username: name, password, rememberMe })
                : await auth.signIn({ email: name, password, rememberMe }),
          );
        }}
      >
        {(faults) => (
          <>
            <Field label={asks} error={faults.email}>
              <Input
                name="email"
                type={names || numbers ? "text" : "email"}
                inputMode={emails || names ? "email" : "tel"}
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
