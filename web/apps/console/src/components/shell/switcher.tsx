/** Which organization one is in, and the way to others. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BadgeCheck, Check, ChevronsUpDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { organizationQuery } from "../../api/queries";
import type { Me } from "../../api/types";
import { Avatar, Truncate } from "../kit";
import { Mark } from "./brand";

const INSTANCE_NAME = "Instance";

export function Switcher({ me, org }: { me: Me; org: string | null }) {
  const navigate = useNavigate();
  const membership = me.memberships.find((one) => one.organization.id === org);
  // An instance administrator may be in an organization that they do not belong to.
  const { data } = useQuery({ ...organizationQuery(org ?? ""), enabled: org !== null && !membership });
  const name = org === null ? INSTANCE_NAME : (membership?.organization.name ?? data?.name ?? "Organization");
  const image = membership?.organization.image_url ?? data?.image_url;
  const [query, setQuery] = useState("");
  const shown = me.memberships.filter((one) => one.organization.name.toLowerCase().includes(query.toLowerCase()));
  return (
    <DropdownMenu.Root modal={false} onOpenChange={() => setQuery("")}>
      <DropdownMenu.Trigger className="pc-switcher" aria-label={`${name}. Switch organization`}>
        {org === null ? (
          <span className="pc-avatar pc-avatar-square pc-avatar-instance">
            <Mark />
          </span>
        ) : (
          <Avatar name={name} src={image} square />
        )}
        <Truncate text={name} />
        <ChevronsUpDown size={14} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pc-menu pc-menu-switcher" align="start" sideOffset={4} collisionPadding={8}>
          {me.memberships.length > 8 && (
            <input
              className="pc-input"
              aria-label="Find an organization"
              placeholder="Find an organization"
              value={query}
              onChange={(e) => setQuery(e.target.value)}
              onKeyDown={(e) => e.stopPropagation()}
            />
          )}
          <div className="pc-menu-scroll">
            {shown.map(({ organization, role_name, status }) => (
              <DropdownMenu.Item
                key={organization.id}
                className="pc-menu-item"
                disabled={status !== "active"}
                onSelect={() => void navigate({ to: "/o/$org", params: { org: organization.id } })}
              >
                <Avatar name={organization.name} src={organization.image_url} square size={22} />
                <span className="pc-menu-two">
                  <Truncate text={organization.name} />
                  <span className="pt-muted pt-small">{status === "active" ? role_name : status}</span>
                </span>
                {organization.id === org && <Check size={14} aria-label="Current" />}
              </DropdownMenu.Item>
            ))}
            {me.memberships.length === 0 && <p className="pc-menu-note">You belong to no organization yet.</p>}
            {me.memberships_total > me.memberships.length && (
              <p className="pc-menu-note">
                The first {me.memberships.length} of {me.memberships_total}.
              </p>
            )}
          </div>
          {me.instance_admin && (
            <>
              <DropdownMenu.Separator className="pc-menu-line" />
              <DropdownMenu.Item
                className="pc-menu-item"
                onSelect={() => void navigate({ to: "/instance/organizations" })}
              >
                <BadgeCheck size={16} aria-hidden /> {INSTANCE_NAME}
                {org === null && <Check size={14} aria-label="Current" />}
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
