import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ApiError, patch, remove } from "../../api/http";
import { organizationQuery } from "../../api/queries";
import type { Organization } from "../../api/types";
import { useChange, useMay, useOrg } from "../../components/hooks";
import { Avatar, Button, Card, Confirm, Failure, Field, Input, PageHead, Spinner } from "../../components/kit";
import { plural } from "../../lib/format";
import { Requirements } from "./settings/requirements";

const COLOR = /^#[0-9a-f]{6}$/i;
const LARGEST_LOGO = 256 * 1024;

const accentOf = (organization: Organization): string => {
  const color = organization.public_metadata?.branding?.accent_color;
  return typeof color === "string" ? color : "";
};

export function OrganizationSettingsPage() {
  const org = useOrg();
  const { data, error, isPending, refetch } = useQuery(organizationQuery(org));
  if (isPending) return <Spinner />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <div className="pc-page">
      <PageHead title="Settings" />
      <Form key={data.id} organization={data} />
      <Requirements key={`${data.id} ${data.require_two_factor} ${data.require_sso}`} organization={data} />
      <Delete organization={data} />
    </div>
  );
}

function Form({ organization }: { organization: Organization }) {
  const [name, setName] = useState(organization.name);
  const [slug, setSlug] = useState(organization.slug);
  const [logo, setLogo] = useState(organization.image_url ?? "");
  const [accent, setAccent] = useState(accentOf(organization));
  const [logoError, setLogoError] = useState("");
  const changed =
    name !== organization.name ||
    slug !== organization.slug ||
    logo !== (organization.image_url ?? "") ||
    accent !== accentOf(organization);
  const save = useChange(
    () => {
      const branding = { ...(organization.public_metadata?.branding ?? {}) } as Record<string, unknown>;
      if (accent) branding.accent_color = accent.toLowerCase();
      else delete branding.accent_color;
      return patch<Organization>(`/v1/organizations/${organization.id}`, {
        ...(name !== organization.name ? { name: name.trim() } : {}),
        ...(slug !== organization.slug ? { slug: slug.trim() } : {}),
        ...(logo !== (organization.image_url ?? "") ? { image_url: logo || null } : {}),
        ...(accent !== accentOf(organization)
          ? { public_metadata: { ...organization.public_metadata, branding } }
          : {}),
      });
    },
    { stale: ["organizations", "me"], quiet: true, done: "The settings are saved" },
  );
  const fault = (field: string) =>
    save.error instanceof ApiError ? save.error.fields.find((one) => one.field === field)?.message : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined);
  };
  const read = (file: File | undefined) => {
    if (!file) return;
    setLogoError("");
    if (file.size > LARGEST_LOGO) {
      setLogoError("The picture may have 256 kB at most.");
      return;
    }
    const reader = new FileReader();
    reader.onload = () => setLogo(String(reader.result));
    reader.readAsDataURL(file);
  };
  const bad = accent !== "" && !COLOR.test(accent);
  return (
    <form onSubmit={submit}>
      <Card title="Profile and branding">
        <div className="pc-form">
          <Field label="Name" required error={fault("name")}>
            {(ids) => <Input {...ids} value={name} maxLength={256} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <Field
            label="Slug"
            required
            hint="Names the organization in addresses. Links with the old one stop working."
            error={fault("slug")}
          >
            {(ids) => <Input {...ids} value={slug} maxLength={64} onChange={(e) => setSlug(e.target.value)} />}
          </Field>
          <Field
            label="Logo"
            hint="A PNG, JPEG, WebP or SVG, at most 256 kB. Shown on sign-in and in invitations."
            error={logoError || fault("image_url")}
          >
            {(ids) => (
              <div className="pt-row">
                <Avatar name={name || "?"} src={logo || null} square size={44} />
                <input
                  {...ids}
                  type="file"
                  accept="image/png,image/jpeg,image/webp,image/svg+xml"
                  onChange={(e) => read(e.target.files?.[0])}
                />
                {logo && (
                  <Button small onClick={() => setLogo("")}>
                    Remove the logo
                  </Button>
                )}
              </div>
            )}
          </Field>
          <Field
            label="Accent color"
            hint="Buttons and links on the pages that people of the organization sign in on."
            error={bad ? "Write it as #rrggbb, for instance #4f46e5." : undefined}
          >
            {(ids) => (
              <div className="pt-row">
                <input
                  type="color"
                  aria-label="Choose the accent color"
                  value={COLOR.test(accent) ? accent : "#4f46e5"}
                  onChange={(e) => setAccent(e.target.value)}
                />
                <Input
                  {...ids}
                  className="pc-narrow pt-mono"
                  value={accent}
                  placeholder="Default"
                  onChange={(e) => setAccent(e.target.value)}
                />
                {accent && (
                  <Button small onClick={() => setAccent("")}>
                    Use the default
                  </Button>
                )}
              </div>
            )}
          </Field>
          <Failure error={save.error} />
          <div className="pt-row">
            <Button
              kind="primary"
              type="submit"
              busy={save.isPending}
              disabled={!changed || bad || !name.trim() || !slug.trim()}
            >
              Save
            </Button>
          </div>
        </div>
      </Card>
    </form>
  );
}

function Delete({ organization }: { organization: Organization }) {
  const may = useMay();
  const navigate = useNavigate();
  const [asks, setAsks] = useState(false);
  const take = useChange(() => remove(`/v1/organizations/${organization.id}`), {
    stale: ["organizations", "me"],
    quiet: true,
    done: "The organization was deleted",
    after: () => void navigate({ to: "/" }),
  });
  if (!may("organization:delete")) return null;
  return (
    <Card
      tone="danger"
      title="Delete the organization"
      action={
        <Button kind="danger" onClick={() => setAsks(true)}>
          Delete
        </Button>
      }
    >
      <p className="pt-muted">With its memberships, invitations, domains and directories.</p>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title={`Delete ${organization.name}?`}
        action="Delete for good"
        typed={organization.slug}
        onConfirm={() => take.mutateAsync(undefined)}
      >
        {plural(organization.members_count, "member loses", "members lose")} access to it, its directories are
        disconnected, and its settings are gone. People keep their accounts. It cannot be taken back.
      </Confirm>
    </Card>
  );
}
