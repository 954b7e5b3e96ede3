/** Where one belongs. */
import { AlertDialog, Avatar, Badge, Button, Card, EmptyState, ErrorState, Skeleton } from "@portico/ui";
import { Building2 } from "lucide-react";
import { useState } from "react";
import { auth, type SessionAndUser } from "../../api";
import { useLoad, useSession } from "../../context";
import { errorText } from "../../errors";
import { useI18n } from "../../i18n";
import { Link } from "../../router";

export function Memberships({ session }: { session: SessionAndUser }) {
  const { t } = useI18n();
  const current = useSession();
  const organizations = useLoad(auth.organizations, "");
  const active = session.session.activeOrganizationId ?? null;
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <Card
      title={t("account.organizations")}
      description={t("account.organizationsText")}
      flush
      actions={
        <Button asChild size="sm">
          <Link href="/organizations?redirect_to=%2Faccount%2Forganizations">{t("account.organizationsChoose")}</Link>
        </Button>
      }
    >
      {organizations.error && !organizations.data ? (
        <ErrorState
          error={organizations.error}
          message={errorText(organizations.error)}
          onRetry={() => void organizations.reload()}
        />
      ) : organizations.data?.length === 0 ? (
        <EmptyState
          icon={<Building2 size={20} aria-hidden="true" />}
          title={t("organizations.emptyTitle")}
          description={t("organizations.emptyText")}
        />
      ) : organizations.data ? (
        <ul className="hosted-devices">
          {organizations.data.map((one) => (
            <li key={one.id} className="hosted-device">
              <Avatar name={one.name} src={one.logo} size={32} shape="square" />
              <div className="hosted-device-text">
                <div className="pt-row">
                  <span className="hosted-person-name">{one.name}</span>
                  {one.id === active ? <Badge tone="accent">{t("organizations.active")}</Badge> : null}
                </div>
                <p className="pt-muted pt-small pt-wrap">{one.slug}</p>
              </div>
              <AlertDialog
                trigger={
                  <Button size="sm" aria-label={`${t("account.leave")}: ${one.name}`}>
                    {t("account.leave")}
                  </Button>
                }
                title={t("account.leaveTitle", { organization: one.name })}
                consequences={t("account.leaveText")}
                confirmLabel={t("account.leave")}
                error={failure}
                onOpenChange={() => setFailure(null)}
                onConfirm={async () => {
                  setFailure(null);
                  try {
                    await auth.leave(one.id);
                  } catch (error) {
                    setFailure(errorText(error));
                    throw error;
                  }
                  await Promise.all([organizations.reload(), current.reload()]);
                }}
              />
            </li>
          ))}
        </ul>
      ) : (
        <div className="hosted-device">
          <Skeleton width="55%" />
        </div>
      )}
    </Card>
  );
}
