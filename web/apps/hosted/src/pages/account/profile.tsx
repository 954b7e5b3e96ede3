/** Who one is: name and picture, the address, and the end of the account. */
import { AlertDialog, Avatar, Badge, Banner, Button, Card, Field, Input, PasswordInput, toast } from "@portico/ui";
import { useState } from "react";
import { auth, type SessionAndUser } from "../../api";
import { useSession } from "../../context";
import { emailFault, errorText } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { contactOf, mailboxOf } from "../../person";
import { navigate } from "../../router";

export function Profile({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const { user } = session;
  return (
    <Card title={t("account.profile")} description={t("account.profileText")}>
      <div className="hosted-profile">
        <Avatar name={user.name || contactOf(user)} src={user.image} size={52} />
        <Form
          names={["name", "image"]}
          submitLabel={t("common.save")}
          inline
          check={({ name, image }) => ({
            ...(name.trim() ? {} : { name: t("error.NAME_MISSING") }),
            ...(image && !/^https?:\/\//i.test(image) ? { image: t("error.INVALID_IMAGE") } : {}),
          })}
          fieldOf={{ INVALID_NAME: "name", INVALID_IMAGE: "image" }}
          submit={async ({ name, image }) => {
            // A picture that was stored inside the address itself cannot be shown in the field; empty keeps it.
            const stored = user.image?.startsWith("data:");
            await auth.updateUser({ name: name.trim(), ...(stored && !image ? {} : { image: image.trim() || null }) });
            await current.reload();
            toast({ title: t("account.saved"), tone: "success" });
          }}
        >
          {(faults) => (
            <>
              <Field label={t("field.name")} error={faults.name}>
                <Input name="name" autoComplete="name" maxLength={256} defaultValue={user.name} />
              </Field>
              <Field label={t("account.image")} optional error={faults.image}>
                <Input
                  name="image"
                  type="url"
                  inputMode="url"
                  autoComplete="photo"
                  placeholder="https://"
                  defaultValue={user.image?.startsWith("data:") ? "" : (user.image ?? "")}
                />
              </Field>
            </>
          )}
        </Form>
      </div>
    </Card>
  );
}

export function Email({ session }: { session: SessionAndUser }) {
  const { t, rich } = useI18n();
  const { user } = session;
  const own = mailboxOf(user);
  const [asked, setAsked] = useState<string | null>(null);
  const [sent, setSent] = useState(false);
  return (
    <Card title={t("account.email")} description={t("account.emailText")}>
      <div className="pt-stack">
        {own ? (
          <div className="pt-row">
            <strong className="pt-wrap">{own}</strong>
            {user.emailVerified ? (
              <Badge tone="success">{t("account.verified")}</Badge>
            ) : (
              <>
                <Badge tone="warning">{t("account.unverified")}</Badge>
                <Button
                  size="sm"
                  disabled={sent}
                  onClick={() => {
                    setSent(true);
                    auth.sendVerification(own, "/verify-email?verified=1").then(
                      () => toast({ title: t("verify.sent"), tone: "success" }),
                      (error: unknown) => {
                        setSent(false);
                        toast({ title: errorText(error), tone: "danger" });
                      },
                    );
                  }}
                >
                  {t("verify.send")}
                </Button>
              </>
            )}
          </div>
        ) : null}
        <div role="status">
          {asked ? (
            <Banner tone="info">
              {rich(user.emailVerified ? "account.emailAskedOld" : "account.emailAskedNew", {
                email: <strong className="pt-wrap">{asked}</strong>,
                old: <strong className="pt-wrap">{own}</strong>,
              })}
            </Banner>
          ) : null}
        </div>
        <Form
          names={["newEmail"]}
          submitLabel={t(own ? "account.emailChange" : "account.emailAdd")}
          inline
          resets
          check={({ newEmail }) => {
            const wrong = emailFault(newEmail.trim());
            if (wrong) return { newEmail: wrong };
            return newEmail.trim().toLowerCase() === own?.toLowerCase()
              ? { newEmail: t("error.EMAIL_IS_THE_SAME") }
              : {};
          }}
          fieldOf={{ INVALID_EMAIL: "newEmail", VALIDATION_ERROR: "newEmail" }}
          submit={async ({ newEmail }) => {
            await auth.changeEmail(newEmail.trim(), "/verify-email?changed=1");
            setAsked(newEmail.trim());
          }}
        >
          {(faults) => (
            <Field label={t(own ? "account.emailNew" : "field.email")} error={faults.newEmail}>
              <Input
                name="newEmail"
                type="email"
                inputMode="email"
                autoComplete="email"
                autoCapitalize="none"
                spellCheck={false}
              />
            </Field>
          )}
        </Form>
      </div>
    </Card>
  );
}

export function DeleteAccount({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const [failure, setFailure] = useState<string | null>(null);
  const [password, setPassword] = useState("");
  return (
    <Card
      tone="danger"
      title={t("account.delete")}
      description={t("account.deleteText")}
      actions={
        <AlertDialog
          trigger={<Button variant="danger">{t("account.delete")}</Button>}
          title={t("account.deleteTitle")}
          consequences={
            <>
              {t("account.deleteConsequences")}
              <ul>
                <li>{t("account.deleteSessions")}</li>
                <li>{t("account.deleteOrganizations")}</li>
                <li>{t("account.deleteForever")}</li>
              </ul>
            </>
          }
          confirmLabel={t("account.delete")}
          typeToConfirm={contactOf(session.user) || session.user.name}
          error={failure}
          onOpenChange={() => {
            setFailure(null);
            setPassword("");
          }}
          onConfirm={async () => {
            setFailure(null);
            try {
              await auth.deleteUser(password);
            } catch (error) {
              setFailure(errorText(error));
              throw error;
            }
            navigate("/sign-in", { replace: true });
            current.set(null);
            toast({ title: t("account.deleted") });
          }}
        >
          <Field label={t("field.currentPassword")} optional hint={t("account.deletePasswordHint")}>
            <PasswordInput
              value={password}
              autoComplete="current-password"
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
        </AlertDialog>
      }
    />
  );
}
