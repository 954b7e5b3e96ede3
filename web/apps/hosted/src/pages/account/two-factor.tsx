/** The second factor: whether there is one, and what can be done about it. */
import { Badge, Button, Card } from "@portico/ui";
import { KeyRound, Mail, Smartphone } from "lucide-react";
import type { ReactNode } from "react";
import type { SessionAndUser } from "../../api";
import { useInstance } from "../../context";
import { useI18n } from "../../i18n";
import { mailboxOf } from "../../person";
import { RenewBackupCodes, SetUpApp, SetUpMail, TurnOff } from "./two-factor/dialogs";

function Row({ icon, title, text, children }: { icon: ReactNode; title: string; text: string; children: ReactNode }) {
  return (
    <li className="hosted-device">
      <span className="hosted-device-icon">{icon}</span>
      <div className="hosted-device-text">
        <p className="hosted-person-name">{title}</p>
        <p className="pt-muted pt-small">{text}</p>
      </div>
      {children}
    </li>
  );
}

export function SecondFactor({ session, hasPassword }: { session: SessionAndUser; hasPassword: boolean }) {
  const { t } = useI18n();
  const { instance } = useInstance();
  const on = session.user.twoFactorEnabled ?? false;
  const offered = instance.methods.two_factor?.enabled ?? false;
  // Whoever has one is asked for it in any case, and may do without.
  if (!on && !offered) return null;
  return (
    <Card
      title={
        <>
          {t("factor.title")} <Badge tone={on ? "success" : "neutral"}>{t(on ? "factor.isOn" : "factor.isOff")}</Badge>
        </>
      }
      description={t(on ? "factor.onText" : "factor.text")}
      flush
      actions={on ? <TurnOff hasPassword={hasPassword} trigger={<Button size="sm">{t("factor.off")}</Button>} /> : null}
    >
      <ul className="hosted-devices">
        {offered ? (
          <Row icon={<Smartphone size={18} aria-hidden="true" />} title={t("factor.app")} text={t("factor.appText")}>
            <SetUpApp
              hasPassword={hasPassword}
              trigger={
                <Button size="sm" aria-label={t("factor.appTitle")}>
                  {t("factor.setUp")}
                </Button>
              }
            />
          </Row>
        ) : null}
        {on ? (
          <Row icon={<KeyRound size={18} aria-hidden="true" />} title={t("backup.title")} text={t("backup.text")}>
            <RenewBackupCodes hasPassword={hasPassword} trigger={<Button size="sm">{t("backup.renew")}</Button>} />
          </Row>
        ) : mailboxOf(session.user) ? (
          <Row icon={<Mail size={18} aria-hidden="true" />} title={t("factor.mail")} text={t("factor.mailText")}>
            <SetUpMail
              trigger={
                <Button size="sm" aria-label={t("factor.mailTitle")}>
                  {t("factor.setUp")}
                </Button>
              }
            />
          </Row>
        ) : null}
      </ul>
    </Card>
  );
}
