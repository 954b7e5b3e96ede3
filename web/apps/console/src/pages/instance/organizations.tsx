import { Link, useNavigate } from "@tanstack/react-router";
import { Building2, Plus } from "lucide-react";
import { useState } from "react";
import { post } from "../../api/http";
import { useList } from "../../api/queries";
import type { Organization } from "../../api/types";
import { useChange, useListState, useMe } from "../../components/hooks";
import {
  Avatar,
  Badge,
  Button,
  Empty,
  Field,
  FormDialog,
  Input,
  PageHead,
  SearchBox,
  Time,
  Toggle,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { count } from "../../lib/format";

export function OrganizationsPage() {
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const query = useList<Organization>(["organizations", "list"], "/v1/organizations", search);
  const make = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Make an organization
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead title="Organizations" text="The customers or teams that people belong to.">
        {((query.data?.total_count ?? 0) > 0 || search.q) && make}
      </PageHead>
      <List
        label="Organizations"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={<SearchBox label="Search by name or slug" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />}
        empty={
          <Empty icon={<Building2 size={32} aria-hidden />} title="Make the first organization" action={make}>
            An organization has members, roles and domains, and an identity provider can be connected to it.
          </Empty>
        }
        columns={[
          {
            head: "Organization",
            grow: true,
            cell: (row) => (
              <div className="pc-who">
                <Avatar name={row.name} src={row.image_url} square />
                <div className="pc-two">
                  <Link to="/o/$org" params={{ org: row.id }}>
                    <Truncate text={row.name} />
                  </Link>
                  <span className="pt-small pt-muted">
                    <Truncate text={row.slug} />
                  </span>
                </div>
              </div>
            ),
          },
          { head: "Members", end: true, cell: (row) => count(row.members_count) },
          { head: "Invited", end: true, cell: (row) => count(row.pending_invitations_count) },
          {
            head: "Owner",
            cell: (row) =>
              row.ownerless_since ? <Badge tone="warning">None</Badge> : <Badge tone="success">Yes</Badge>,
          },
          { head: "Made", wide: true, cell: (row) => <Time ms={row.created_at} /> },
        ]}
      />
      {making && <Make onClose={() => setMaking(false)} />}
    </div>
  );
}

function slugOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64)
    .replace(/-+$/, "");
}

function Make({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const me = useMe();
  const [name, setName] = useState("");
  const [slug, setSlug] = useState<string | null>(null);
  const [own, setOwn] = useState(true);
  const shown = slug ?? slugOf(name);
  const create = useChange(
    () =>
      post<Organization>("/v1/organizations", {
        name: name.trim(),
        ...(shown ? { slug: shown } : {}),
        ...(own && me?.user ? { created_by: me.user.id } : {}),
      }),
    {
      stale: ["organizations", "me"],
      quiet: true,
      done: "The organization was made",
      after: (organization) => void navigate({ to: "/o/$org", params: { org: organization.id } }),
    },
  );
  return (
    <FormDialog
      title="Make an organization"
      action="Make it"
      ready={name.trim() !== ""}
      change={create}
      onClose={onClose}
    >
      <Field label="Name" required>
        {(ids) => (
          <Input {...ids} value={name} maxLength={256} placeholder="Acme" onChange={(e) => setName(e.target.value)} />
        )}
      </Field>
      <Field label="Slug" hint="Names the organization in addresses: lower-case letters, digits and hyphens.">
        {(ids) => <Input {...ids} value={shown} maxLength={64} onChange={(e) => setSlug(e.target.value)} />}
      </Field>
      <Toggle
        label="Make me its owner"
        hint="Otherwise it has no owner until you make somebody one."
        checked={own}
        onChange={setOwn}
      />
    </FormDialog>
  );
}
