/** The name to sign in with, beside the email address. */
import { Card, Field, Input, toast } from "@portico/ui";
import { useEffect, useState } from "react";
import { auth, type SessionAndUser } from "../../api";
import { useInstance, useSession } from "../../context";
import { usernameFault } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";

/** How long after the last key the server is asked, in milliseconds. */
const PAUSE = 350;

/** Whether a name is free, a moment after it was typed. Null while that is not known. */
function useAvailable(name: string, asks: boolean): boolean | null {
  const [known, setKnown] = useState<{ name: string; free: boolean } | null>(null);
  useEffect(() => {
    if (!asks) return;
    let gone = false;
    const timer = setTimeout(() => {
      auth.isUsernameFree(name).then(
        ({ available }) => gone || setKnown({ name, free: available }),
        // Saving asks again, and says what is wrong.
        () => undefined,
      );
    }, PAUSE);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [name, asks]);
  return asks && known?.name === name ? known.free : null;
}

export function UserName({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const limits = useInstance().instance.methods.username;
  const own = session.user.displayUsername ?? session.user.username ?? "";
  const [typed, setTyped] = useState(own);
  const name = typed.trim();
  const changed = name.toLowerCase() !== (session.user.username ?? "");
  const free = useAvailable(name, Boolean(limits && name && changed && !usernameFault(name, limits)));
  if (!limits?.enabled) return null;
  return (
    <Card title={t("username.title")} description={t("username.text")}>
      <Form
        names={["username"]}
        submitLabel={t("common.save")}
        inline
        check={({ username }) => {
          const wrong = username.trim() ? usernameFault(username.trim(), limits) : undefined;
          return wrong ? { username: wrong } : {};
        }}
        fieldOf={{
          USERNAME_TOO_SHORT: "username",
          USERNAME_TOO_LONG: "username",
          INVALID_USERNAME: "username",
          INVALID_DISPLAY_USERNAME: "username",
          USERNAME_IS_ALREADY_TAKEN: "username",
        }}
        submit={async ({ username }) => {
          const chosen = username.trim() || null;
          await auth.updateUser({ username: chosen, displayUsername: chosen });
          await current.reload();
          toast({ title: t("account.saved"), tone: "success" });
        }}
      >
        {(faults) => (
          <div>
            <Field
              label={t("username.title")}
              optional
              error={faults.username}
              hint={t("username.rules", { min: limits.min_length, max: limits.max_length })}
            >
              <Input
                name="username"
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                maxLength={limits.max_length}
                defaultValue={own}
                onChange={(event) => setTyped(event.target.value)}
              />
            </Field>
            <p role="status" className="hosted-available" data-free={free ?? undefined}>
              {free === null ? "" : t(free ? "username.free" : "username.taken", { name })}
            </p>
          </div>
        )}
      </Form>
    </Card>
  );
}
