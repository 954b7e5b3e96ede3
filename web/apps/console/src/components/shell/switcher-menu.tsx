/** What `Switcher` opens. */
import { useNavigate } from "@tanstack/react-router";
import { BadgeCheck, Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import type { Me } from "../../api/types";
import { Avatar, type Opened, Truncate } from "../kit";
import { OpenMenu } from "../kit/menu";
import { INSTANCE_NAME } from "./switcher";

export default function SwitcherMenu({ me, org, ...opened }: Opened & { me: Me; org: string | null }) {
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const shown = me.memberships.filter((one) => one.organization.name.toLowerCase().includes(query.toLowerCase()));
  return (
    <OpenMenu {...opened} align="start" className="pc-menu-switcher" onOpenChange={() => setQuery("")}>
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
          <DropdownMenu.Item className="pc-menu-item" onSelect={() => void navigate({ to: "/instance/organizations" })}>
            <BadgeCheck size={16} aria-hidden /> {INSTANCE_NAME}
            {org === null && <Check size={14} aria-label="Current" />}
          </DropdownMenu.Item>
        </>
      )}
    </OpenMenu>
  );
}
