/** The telephone number to sign in with: none yet, one that was proven, or one that came with imported people. */
import { AlertDialog, Badge, Button, Card, toast } from "@portico/ui";
import { useState } from "react";
import type { SessionAndUser } from "../../api";
import { useInstance, useSession } from "../../context";
import { errorText } from "../../errors";
import { Form } from "../../form";
import { useI18n } from "../../i18n";
import { mailboxOf } from "../../person";
import { NUMBER_FAULTS, numberFault, phone, readNumber } from "../../phone";
import { NumberField, SentCode } from "../sign-in/phone";
import { SignInAgain } from "./again";

export function Phone({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const on = useInstance().instance.methods.phone_number?.enabled ?? false;
  // The number to which a code was sent, and whether it is on its way still.
  const [asked, setAsked] = useState({ number: "", sent: false });
  const [stale, setStale] = useState(false);
  const [busy, setBusy] = useState(false);
  if (!on) return null;
  const own = session.user.phoneNumber ?? null;
  const proven = own !== null && session.user.phoneNumberVerified === true;
  const ask = async (number: string) => {
    await phone.send(number);
    setAsked({ number, sent: true });
  };
  const confirm = async (number: string) => {
    setBusy(true);
    try {
      await ask(number);
    } catch (error) {
      toast({ title: errorText(error), tone: "danger" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={t("phone.title")} description={t("phone.text")}>
      <div className="pt-stack">
        {own ? (
          <div className="pt-row">
            <strong className="pt-wrap">{own}</strong>
            <Badge tone={proven ? "success" : "warning"}>{t(proven ? "phone.proven" : "phone.unproven")}</Badge>
            {proven || asked.sent ? null : (
              <Button size="sm" loading={busy} onClick={() => void confirm(own)}>
                {t("phone.prove")}
              </Button>
            )}
            <Remove session={session} number={own} removed={current.reload} />
          </div>
        ) : null}
        {stale ? (
          <SignInAgain />
        ) : asked.sent ? (
          <SentCode
            inline
            said={t("phone.sent", { number: asked.number })}
            submitLabel={t("phone.prove")}
            send={() => phone.send(asked.number)}
            another={() => setAsked({ ...asked, sent: false })}
            onError={(code) => {
              if (code !== "SESSION_NOT_FRESH") return false;
              setStale(true);
              return true;
            }}
            submit={async ({ code }) => {
              await phone.give(asked.number, code);
              await current.reload();
              setAsked({ number: "", sent: false });
              toast({ title: t("phone.given"), tone: "success" });
            }}
          />
        ) : (
          <Form
            names={["phoneNumber"]}
            submitLabel={t(own ? "phone.change" : "phone.add")}
            inline
            check={({ phoneNumber }) => {
              const wrong =
                numberFault(phoneNumber) ??
                (proven && readNumber(phoneNumber) === own ? t("error.PHONE_NUMBER_IS_THE_SAME") : undefined);
              return wrong ? { phoneNumber: wrong } : {};
            }}
            fieldOf={NUMBER_FAULTS}
            submit={({ phoneNumber }) => ask(readNumber(phoneNumber) ?? "")}
          >
            {(faults) => (
              <NumberField
                label={t(own ? "phone.new" : "field.phoneNumber")}
                error={faults.phoneNumber}
                value={asked.number}
              />
            )}
          </Form>
        )}
      </div>
    </Card>
  );
}

function Remove({
  session,
  number,
  removed,
}: {
  session: SessionAndUser;
  number: string;
  removed: () => Promise<void>;
}) {
  const { t } = useI18n();
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <AlertDialog
      trigger={
        <Button size="sm" aria-label={`${t("phone.remove")}: ${number}`}>
          {t("phone.remove")}
        </Button>
      }
      title={t("phone.removeTitle", { number })}
      consequences={t(mailboxOf(session.user) ? "phone.removeText" : "phone.removeLast")}
      confirmLabel={t("phone.remove")}
      error={failure}
      onOpenChange={() => setFailure(null)}
      onConfirm={async () => {
        setFailure(null);
        try {
          await phone.drop();
        } catch (error) {
          setFailure(errorText(error));
          throw error;
        }
        toast({ title: t("phone.removed"), tone: "success" });
        await removed();
      }}
    />
  );
}
