import { Avatar, Badge, Button, EmptyState, ErrorState, Field, Input, Spinner } from "@portico/ui";
import { Building2, ChevronRight, Plus } from "lucide-react";
import { useState } from "react";
import { auth, type Organization } from "../api";
import { useLoad, useSession } from "../context";
import { errorText } from "../errors";
import { finish } from "../flow";
import { Form } from "../form";
import { useI18n } from "../i18n";
import { Aside, AuthLayout, PageTitle, SignedIn } from "../layout";
import { contactOf } from "../person";
import { withFlow } from "../redirect";
import { Link, useAddress } from "../router";
import { slugOf } from "../slug";

function Choice({
  organization,
  active,
  busy,
  onChoose,
}: {
  organization: Organization;
  active: boolean;
  busy: boolean;
  onChoose: () => void;
}) {
  const { t } = useI18n();
  return (
    <li>
      <button type="button" className="hosted-choice" onClick={onChoose} disabled={busy}>
        <Avatar name={organization.name} src={organization.logo} size={32} shape="square" />
        <span className="hosted-choice-text">
          <span className="hosted-person-name">{organization.name}</span>
          <span className="pt-muted pt-small pt-wrap">{organization.slug}</span>
        </span>
        {active ? <Badge tone="accent">{t("organizations.active")}</Badge> : null}
        {busy ? <Spinner label={t("ui.loading")} /> : <ChevronRight size={16} aria-hidden="true" />}
      </button>
    </li>
  );
}

function Create({
  onDone,
  onCancel,
}: {
  onDone: (organization: Organization) => void;
  onCancel?: (() => void) | undefined;
}) {
  const { t } = useI18n();
  const [slug, setSlug] = useState("");
  const [own, setOwn] = useState(false);
  return (
    <Form
      names={["name", "slug"]}
      submitLabel={t("organizations.create")}
      inline
      check={({ name, slug: wanted }) => ({
        ...(name.trim() ? {} : { name: t("error.NAME_MISSING") }),
        ...(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(wanted) ? {} : { slug: t("organizations.slugFault") }),
      })}
      fieldOf={{ ORGANIZATION_ALREADY_EXISTS: "slug", ORGANIZATION_SLUG_ALREADY_TAKEN: "slug", INVALID_SLUG: "slug" }}
      submit={async ({ name, slug: wanted }) => onDone(await auth.createOrganization(name.trim(), wanted))}
      after={onCancel ? <Button onClick={onCancel}>{t("ui.cancel")}</Button> : null}
    >
      {(faults) => (
        <>
          <Field label={t("organizations.name")} error={faults.name}>
            <Input
              name="name"
              autoComplete="organization"
              maxLength={128}
              onChange={(event) => {
                if (!own) setSlug(slugOf(event.target.value));
              }}
            />
          </Field>
          <Field label={t("organizations.slug")} hint={t("organizations.slugHint")} error={faults.slug}>
            <Input
              name="slug"
              value={slug}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={64}
              onChange={(event) => {
                setOwn(true);
                setSlug(event.target.value);
              }}
            />
          </Field>
        </>
      )}
    </Form>
  );
}

function Chooser({ activeId }: { activeId: string | null }) {
  const { t } = useI18n();
  const session = useSession();
  const { search } = useAddress();
  const organizations = useLoad(auth.organizations, "");
  // Refused to whoever has not proven the address; there is then nothing to show.
  const invitations = useLoad(() => auth.userInvitations().catch(() => []), "");
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [creating, setCreating] = useState(false);

  const choose = async (id: string) => {
    setBusy(id);
    setFailure(null);
    try {
      await auth.setActive(id);
      await session.reload();
      await finish(search, "/account/organizations");
    } catch (error) {
      setFailure(error);
      setBusy(null);
    }
  };

  if (organizations.error && !organizations.data) {
    return (
      <ErrorState error={organizations.error} message={errorText(organizations.error)} onRetry={organizations.reload} />
    );
  }
  if (!organizations.data) {
    return (
      <div className="hosted-wait">
        <Spinner label={t("ui.loading")} size={20} />
      </div>
    );
  }
  const open = (invitations.data ?? []).filter((one) => one.status === "pending");
  return (
    <>
      {failure ? (
        <p role="alert" className="pt-field-error">
          {errorText(failure)}
        </p>
      ) : null}
      {organizations.data.length > 0 ? (
        <ul className="hosted-choices">
          {organizations.data.map((one) => (
            <Choice
              key={one.id}
              organization={one}
              active={one.id === activeId}
              busy={busy === one.id}
              onChoose={() => void choose(one.id)}
            />
          ))}
        </ul>
      ) : creating ? null : (
        <EmptyState
          icon={<Building2 size={20} aria-hidden="true" />}
          title={t("organizations.emptyTitle")}
          description={t("organizations.emptyText")}
        />
      )}
      {open.length > 0 ? (
        <section className="pt-stack">
          <h2>{t("organizations.invitations")}</h2>
          <ul className="hosted-choices">
            {open.map((one) => (
              <li key={one.id}>
                <Link className="hosted-choice" href={withFlow(`/invitation/${encodeURIComponent(one.id)}`, search)}>
                  <Avatar name={one.organizationName ?? "?"} size={32} shape="square" />
                  <span className="hosted-choice-text">
                    <span className="hosted-person-name">{one.organizationName ?? t("invitation.anOrganization")}</span>
                  </span>
                  <ChevronRight size={16} aria-hidden="true" />
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {creating ? (
        <Create onCancel={() => setCreating(false)} onDone={(made) => void choose(made.id)} />
      ) : (
        <Button block icon={<Plus size={15} aria-hidden="true" />} onClick={() => setCreating(true)}>
          {t("organizations.new")}
        </Button>
      )}
    </>
  );
}

export default function Organizations() {
  const { t } = useI18n();
  return (
    <SignedIn>
      {({ session, user }) => (
        <AuthLayout
          below={
            <Aside
              text={t("organizations.signedInAs", { email: contactOf(user) || user.name })}
              href="/account"
              label={t("nav.account")}
            />
          }
        >
          <PageTitle>{t("organizations.title")}</PageTitle>
          <Chooser activeId={session.activeOrganizationId ?? null} />
        </AuthLayout>
      )}
    </SignedIn>
  );
}
