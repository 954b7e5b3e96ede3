import { Banner, Button, Checkbox, Field, Input, PasswordInput } from "@portico/ui";
import { useState } from "react";
import { auth } from "../api";
import { useInstance, useSession } from "../context";
import { emailFault } from "../errors";
import { finish } from "../flow";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { Aside, AuthLayout, PageTitle, Person, useSignOut } from "../layout";
import { withFlow } from "../redirect";
import { Link, navigate, useAddress } from "../router";

export default function SignIn() {
  const { t } = useI18n();
  const { instance, brand } = useInstance();
  const session = useSession();
  const { search, params } = useAddress();
  const signOut = useSignOut();
  const [unverified, setUnverified] = useState<string | null>(null);
  // While the form below leads on, it stays.
  const [leaving, setLeaving] = useState(false);
  const method = instance.methods.email_password;
  const again = params.get("reauthenticate") === "1";

  // Somebody who comes here signed in may go on, or change.
  if (session.data && !again && !leaving) {
    return (
      <AuthLayout>
        <PageTitle>{t("signIn.alreadyTitle")}</PageTitle>
        <Person user={session.data.user} />
        <div className="pt-stack">
          <Button variant="primary" block onClick={() => void finish(search)}>
            {t("common.continue")}
          </Button>
          <Button block onClick={() => void signOut(withFlow("/sign-in", search))}>
            {t("signIn.another")}
          </Button>
        </div>
      </AuthLayout>
    );
  }

  const email = params.get("email") ?? (again ? session.data?.user.email : undefined) ?? "";
  return (
    <AuthLayout
      below={
        method.sign_up_enabled && !again ? (
          <Aside text={t("signIn.noAccount")} href={withFlow("/sign-up", search)} label={t("signIn.signUp")} />
        ) : null
      }
    >
      <PageTitle>{again ? t("signIn.againTitle") : t("signIn.title", { name: brand.name })}</PageTitle>
      {again ? <p className="pt-muted">{t("signIn.againText")}</p> : null}
      {params.get("reset") === "1" ? <Banner tone="success">{t("signIn.afterReset")}</Banner> : null}
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
      {method.enabled ? (
        <Form
          names={["email", "password"]}
          submitLabel={t("signIn.submit")}
          check={({ email: address, password }) => ({
            ...(emailFault(address) ? { email: emailFault(address) as string } : {}),
            ...(password ? {} : { password: t("error.PASSWORD_MISSING") }),
          })}
          fieldOf={{ INVALID_EMAIL: "email" }}
          onError={(code) => {
            if (code !== "EMAIL_NOT_VERIFIED") return false;
            setUnverified(document.querySelector<HTMLInputElement>("input[name=email]")?.value ?? "");
            return true;
          }}
          submit={async ({ email: address, password }, data) => {
            setUnverified(null);
            await auth.signIn({ email: address.trim(), password, rememberMe: data.get("remember") === "on" });
            // The pages that follow look at the session: it has to be there before they are.
            setLeaving(true);
            await session.reload();
            await finish(search);
          }}
        >
          {(faults) => (
            <>
              <Field label={t("field.email")} error={faults.email}>
                <Input
                  name="email"
                  type="email"
                  inputMode="email"
                  autoComplete="username"
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
      ) : (
        <Banner tone="info">{t("signIn.noMethod")}</Banner>
      )}
    </AuthLayout>
  );
}
