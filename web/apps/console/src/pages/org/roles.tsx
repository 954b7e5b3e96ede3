import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { patch, post, remove } from "../../api/http";
import { INSTANCE, permissionsQuery, rolesPath, rolesQuery } from "../../api/queries";
import type { Permission, Role } from "../../api/types";
import { useChange, useMay, useMe, useOrg } from "../../components/hooks";
import {
  Badge,
  Button,
  Card,
  Confirm,
  Failure,
  Field,
  FormDialog,
  Input,
  PageHead,
  Select,
  Spinner,
  Textarea,
} from "../../components/kit";

export function RolesPage() {
  const me = useMe();
  const may = useMay();
  const org = useOrg();
  const own = org !== INSTANCE;
  const path = rolesPath(org);
  const roles = useQuery(rolesQuery(org));
  const permissions = useQuery(permissionsQuery);
  const [editing, setEditing] = useState<Role | "new" | null>(null);
  const [taking, setTaking] = useState<Role | null>(null);
  const [instead, setInstead] = useState("org:member");
  const take = useChange((role: Role) => remove(`${path}/${role.id}`, { reassign_to: instead }), {
    stale: ["roles", "members"],
    quiet: true,
    done: "The role was deleted",
  });
  if (roles.isPending || permissions.isPending) return <Spinner label="Loading roles" />;
  if (!roles.data || !permissions.data) {
    return <Failure error={roles.error ?? permissions.error} retry={() => void roles.refetch()} />;
  }
  const names = new Map(permissions.data.data.map((one) => [one.key, one]));
  const makes = own ? may("ac:create") : (me?.instance_admin ?? false);
  // The instance's are changed in the instance, an organization's own in it.
  const isHere = (role: Role) => (own ? role.organization_id === org : !role.is_system);
  const changes = own ? may("ac:update") : makes;
  const deletes = own ? may("ac:delete") : makes;
  return (
    <div className="pc-page">
      <PageHead
        title="Roles and permissions"
        text={
          !own
            ? "These roles are the same in every organization. Besides the three that are always there, make those that your product needs."
            : makes
              ? "What each role permits. Roles that you make are this organization's alone, and permit at most what you may do yourself."
              : "What each role permits."
        }
      >
        {makes && (
          <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setEditing("new")}>
            Make a role
          </Button>
        )}
      </PageHead>
      <div className="pc-grid">
        {roles.data.data.map((role) => (
          <Card
            key={role.id}
            title={
              <span className="pt-row">
                {role.name}
                {role.is_system && <Badge>always there</Badge>}
                {own && role.organization_id && <Badge tone="accent">of this organization</Badge>}
              </span>
            }
            action={
              isHere(role) && (
                <>
                  {changes && (
                    <Button small onClick={() => setEditing(role)}>
                      Change
                    </Button>
                  )}
                  {deletes && (
                    <Button small onClick={() => setTaking(role)}>
                      Delete
                    </Button>
                  )}
                </>
              )
            }
          >
            <p className="pt-muted">{role.description || "No description."}</p>
            <code className="pt-small">{role.key}</code>
            <div className="pc-badges">
              {role.permissions.length === 0 && <span className="pt-muted">Permits nothing.</span>}
              {role.permissions.map((key) => (
                <span key={key} title={`${key}: ${names.get(key)?.description ?? ""}`}>
                  <Badge>{names.get(key)?.name ?? key}</Badge>
                </span>
              ))}
            </div>
          </Card>
        ))}
      </div>
      {editing && (
        <Edit
          path={path}
          role={editing === "new" ? null : editing}
          // Nobody gives away what they may not do themselves.
          permissions={permissions.data.data.filter(
            ({ key }) => !own || may(key) || (editing !== "new" && editing.permissions.includes(key)),
          )}
          onClose={() => setEditing(null)}
        />
      )}
      <Confirm
        open={taking !== null}
        onClose={() => setTaking(null)}
        title={`Delete the role “${taking?.name}”?`}
        action="Delete"
        onConfirm={() => (taking ? take.mutateAsync(taking) : Promise.resolve())}
      >
        <div className="pc-stack">
          <p>
            {own
              ? "Whoever has it, or is invited to it, gets another role instead."
              : "Whoever has it, in any organization, gets another role instead."}
          </p>
          <Field label="Role instead">
            {(ids) => (
              <Select {...ids} value={instead} onChange={(e) => setInstead(e.target.value)}>
                {roles.data.data
                  .filter((role) => role.key !== taking?.key && role.key !== "org:owner")
                  .map((role) => (
                    <option key={role.key} value={role.key}>
                      {role.name}
                    </option>
                  ))}
              </Select>
            )}
          </Field>
        </div>
      </Confirm>
    </div>
  );
}

function Edit({
  path,
  role,
  permissions,
  onClose,
}: {
  path: string;
  role: Role | null;
  permissions: Permission[];
  onClose: () => void;
}) {
  const [key, setKey] = useState(role?.key ?? "org:");
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [chosen, setChosen] = useState<string[]>(role?.permissions ?? []);
  const save = useChange(
    () => {
      const body = { name: name.trim(), description: description.trim(), permissions: chosen };
      return role ? patch(`${path}/${role.id}`, body) : post(path, { key, ...body });
    },
    { stale: ["roles"], quiet: true, done: role ? "The role was changed" : "The role was made", after: onClose },
  );
  const bad = !/^org:[a-z][a-z0-9_-]{0,62}$/.test(key);
  return (
    <FormDialog
      wide
      title={role ? `Change “${role.name}”` : "Make a role"}
      action={role ? "Save" : "Make it"}
      ready={name.trim() !== "" && !bad}
      change={save}
      onClose={onClose}
    >
      <Field label="Name" required>
        {(ids) => (
          <Input
            {...ids}
            value={name}
            maxLength={100}
            onChange={(e) => {
              setName(e.target.value);
              if (!role)
                setKey(
                  `org:${e.target.value
                    .toLowerCase()
                    .replace(/[^a-z0-9]+/g, "_")
                    .replace(/^[^a-z]+|_+$/g, "")}`,
                );
            }}
          />
        )}
      </Field>
      {!role && (
        <Field
          label="Key"
          hint="What programs see. It cannot be changed later."
          error={name && bad ? "Lower-case letters, digits, _ and - after “org:”." : undefined}
        >
          {(ids) => <Input {...ids} className="pt-mono" value={key} onChange={(e) => setKey(e.target.value)} />}
        </Field>
      )}
      <Field label="Description">
        {(ids) => (
          <Textarea
            {...ids}
            rows={2}
            value={description}
            maxLength={1000}
            onChange={(e) => setDescription(e.target.value)}
          />
        )}
      </Field>
      <fieldset className="pc-permissions">
        <legend className="pc-label">Permissions</legend>
        {permissions.map((one) => (
          <label key={one.key} className="pc-check">
            <input
              type="checkbox"
              checked={chosen.includes(one.key)}
              onChange={(e) =>
                setChosen(e.target.checked ? [...chosen, one.key] : chosen.filter((other) => other !== one.key))
              }
            />
            <span>
              {one.name}
              <span className="pt-small pt-muted pc-block">{one.description}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  );
}
