/** Which organization one is in, and the way to others. */
import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown } from "lucide-react";
import { organizationQuery } from "../../api/queries";
import type { Me } from "../../api/types";
import { Avatar, later, MenuTrigger, Truncate } from "../kit";
import { Mark } from "./brand";

export const INSTANCE_NAME = "Instance";

const Choices = later(() => import("./switcher-menu"));

export function Switcher({ me, org }: { me: Me; org: string | null }) {
  const membership = me.memberships.find((one) => one.organization.id === org);
  // An instance administrator may be in an organization that they do not belong to.
  const { data } = useQuery({ ...organizationQuery(org ?? ""), enabled: org !== null && !membership });
  const name = org === null ? INSTANCE_NAME : (membership?.organization.name ?? data?.name ?? "Organization");
  const image = membership?.organization.image_url ?? data?.image_url;
  return (
    <MenuTrigger
      what={Choices}
      given={{ me, org }}
      trigger={
        <button type="button" className="pc-switcher" aria-label={`${name}. Switch organization`}>
          {org === null ? (
            <span className="pc-avatar pc-avatar-square pc-avatar-instance">
              <Mark />
            </span>
          ) : (
            <Avatar name={name} src={image} square />
          )}
          <Truncate text={name} />
          <ChevronsUpDown size={14} aria-hidden />
        </button>
      }
    />
  );
}
