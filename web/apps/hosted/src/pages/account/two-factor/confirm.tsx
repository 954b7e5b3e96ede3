import { Field, PasswordInput } from "@portico/ui";
import { useState } from "react";
import { useSession } from "../../../context";
import { Form } from "../../../form";
import { useI18n } from "../../../i18n";
import { SignInAgain } from "../again";

/** Makes sure that it is they: by the password of whoever has one, else by a session that is fresh. */
export function Confirm({
  hasPassword,
  label,
  danger,
  submit,
}: {
  hasPassword: boolean;
  label: string;
  danger?: boolean;
  /** Called with the password, or with nothing where there is none. */
  submit: (password: string) => Promise<void>;
}) {
  const { t } = useI18n();
  const session = useSession();
  const [stale, setStale] = useState(false);
  if (stale) return <SignInAgain />;
  return (
    <Form
      names={["password"]}
      submitLabel={label}
      submitVariant={danger ? "danger" : "primary"}
      inline
      check={({ password }) => (hasPassword && !password ? { password: t("error.PASSWORD_MISSING") } : {})}
      fieldOf={{ INVALID_PASSWORD: "password" }}
      onError={(code) => {
        if (code !== "SESSION_NOT_FRESH") return false;
        setStale(true);
        return true;
      }}
      submit={({ password }) => submit(password)}
    >
      {(faults) =>
        hasPassword ? (
          <>
            {/* Tells password managers whose password this is. */}
            <input
              type="email"
              name="username"
              autoComplete="username"
              value={session.data?.user.email ?? ""}
              readOnly
              hidden
            />
            <Field label={t("field.password")} error={faults.password}>
              <PasswordInput name="password" autoComplete="current-password" autoFocus />
            </Field>
          </>
        ) : null
      }
    </Form>
  );
}
