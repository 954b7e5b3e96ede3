import { Banner, Button, Field, Input, PasswordInput } from "@portico/ui";
import { useState } from "react";
import { auth, type Entry } from "../api";
import { useInstance, useSession } from "../context";
import { emailFault, keyOfCode, passwordFault } from "../errors";
import { finish } from "../flow";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { Aside, AuthLayout, PageTitle } from "../layout";
import { withFlow } from "../redirect";
import { navigate, useAddress } from "../router";
import { ByPhone } from "./sign-in/phone";
import { Social } from "./sign-in/social";

export default function SignUp() {
  const { t } = useI18n();
  const { instance, brand, known } = useInstance();
  const session = useSession();
  const { search, params } = useAddress();
  const method = instance.methods.email_password;
  const byPassword = !known || (method.enabled && method.sign_up_enabled);
  const byPhone = instance.methods.phone_number?.sign_up_enabled ?? false;
  const [prefersPhone, setPrefersPhone] = useState(false);
  const way = byPhone && (prefersPhone || !byPassword) ? "phone" : byPassword ? "password" : null;
  const social = instance.methods.social ?? [];
  const error = params.get("error");
  const entered = async (entry: Entry) => {
    if ("twoFactorRedirect" in entry) {
      // It turns out that they have been here before.
      const wanted = { twoFactorRedirect: "true", twoFactorMethods: entry.twoFactorMethods.join(",") };
      navigate(withFlow("/sign-in", search, wanted), { replace: true });
      return;
    }
    await session.reload();
    await finish(search);
  };

  return (
    <AuthLayout
      below={<Aside text={t("signUp.haveAccount")} href={withFlow("/sign-in", search)} label={t("signUp.signIn")} />}
    >
      <PageTitle>{t("signUp.title", { name: brand.name })}</PageTitle>
      {error ? (
        <Banner tone="danger" live>
          {t(keyOfCode(error))}
        </Banner>
      ) : null}
      {social.length > 0 ? (
        <Social
          providers={social}
          // The sign-in leads on, and asks for a second factor if it turns out that they have been here before.
          callback={withFlow("/sign-in", search, { came: "1" })}
          failed={withFlow("/sign-up", search)}
          signUp
        />
      ) : null}
      {social.length > 0 && way ? <p className="hosted-or">{t("signIn.or")}</p> : null}
      {!way && social.length === 0 ? <Banner tone="info">{t("error.EMAIL_PASSWORD_SIGN_UP_DISABLED")}</Banner> : null}
      {way === "phone" ? <ByPhone signUp entered={entered} /> : null}
      {way === "password" ? (
        <Form
          names={["name", "email", "password"]}
          submitLabel={t("signUp.submit")}
          check={({ name, email, password }) => {
            const emailWrong = emailFault(email.trim());
            const passwordWrong = passwordFault(password, method);
            return {
              ...(name.trim() ? {} : { name: t("error.NAME_MISSING") }),
              ...(emailWrong ? { email: emailWrong } : {}),
              ...(passwordWrong ? { password: passwordWrong } : {}),
            };
          }}
          fieldOf={{
            INVALID_EMAIL: "email",
            USER_ALREADY_EXISTS: "email",
            USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "email",
            PASSWORD_TOO_SHORT: "password",
            PASSWORD_TOO_LONG: "password",
            INVALID_PASSWORD: "password",
            INVALID_NAME: "name",
          }}
          submit={async ({ name, email, password }) => {
            const address = email.trim();
            const callbackURL = withFlow("/verify-email", search, { verified: "1" });
            const { token } = await auth.signUp({ name: name.trim(), email: address, password, callbackURL });
            if (token === null) {
              navigate(withFlow("/verify-email", search, { email: address }));
              return;
            }
            await session.reload();
            await finish(search);
          }}
        >
          {(faults) => (
            <>
              <Field label={t("field.name")} error={faults.name}>
                <Input name="name" autoComplete="name" maxLength={256} />
              </Field>
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
              <Field
                label={t("field.password")}
                error={faults.password}
                hint={t("field.passwordHint", { min: method.min_length })}
              >
                <PasswordInput name="password" autoComplete="new-password" minLength={method.min_length} />
              </Field>
            </>
          )}
        </Form>
      ) : null}
      {byPhone && byPassword ? (
        <Button block variant="ghost" onClick={() => setPrefersPhone(!prefersPhone)}>
          {t(prefersPhone ? "signUp.byEmail" : "signUp.byPhone")}
        </Button>
      ) : null}
    </AuthLayout>
  );
}
