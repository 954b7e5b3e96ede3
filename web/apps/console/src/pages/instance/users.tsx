import { mailboxOf } from "@portico/ui";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Users } from "lucide-react";
import { useState } from "react";
import { post } from "../../api/http";
import { useList } from "../../api/queries";
import type { User } from "../../api/types";
import { Contact } from "../../components/contact";
import { useChange, useListState } from "../../components/hooks";
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
import { calledOf } from "../../lib/people";

/** What a user is called. */
export const nameOf = (user: User) => calledOf({ ...user, address: user.email_address });

export function UserBadges({ user }: { user: User }) {
  return (
    <div className="pc-badges">
      {user.banned && <Badge tone="danger">Banned</Badge>}
      {user.locked && <Badge tone="warning">Locked</Badge>}
      {!user.banned && !user.locked && <Badge tone="success">Active</Badge>}
      {user.role === "admin" && <Badge tone="accent">Instance admin</Badge>}
      {!user.email_verified && mailboxOf(user.email_address) && <Badge>Address not verified</Badge>}
    </div>
  );
}

export function UsersPage() {
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const query = useList<User>(["users"], "/v1/users", search);
  return (
    <div className="pc-page">
      <PageHead title="Users" text="Everybody who has an account on this instance.">
        <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
          Make a user
        </Button>
      </PageHead>
      <List
        label="Users"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <SearchBox label="Search by name or address" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />
        }
        empty={<Empty icon={<Users size={32} aria-hidden />} title="Nobody has an account yet" />}
        columns={[
          {
            head: "User",
            grow: true,
            cell: (row) => (
              <div className="pc-who">
                <Avatar name={nameOf(row)} src={row.image_url} />
                <div className="pc-two">
                  <Link to="/instance/users/$userId" params={{ userId: row.id }}>
                    <Truncate text={nameOf(row)} />
                  </Link>
                  <Contact address={row.email_address} besides={nameOf(row)} />
                </div>
              </div>
            ),
          },
          { head: "State", cell: (row) => <UserBadges user={row} /> },
          { head: "Last sign-in", cell: (row) => <Time ms={row.last_sign_in_at} /> },
          { head: "Made", wide: true, cell: (row) => <Time ms={row.created_at} /> },
        ]}
      />
      {making && <Make onClose={() => setMaking(false)} />}
    </div>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [verified, setVerified] = useState(false);
  const create = useChange(
    () =>
      post<User>("/v1/users", {
        email_address: email.trim(),
        email_verified: verified,
        ...(name.trim() ? { name: name.trim() } : {}),
        ...(password ? { password } : {}),
      }),
    {
      stale: ["users"],
      quiet: true,
      done: "The user was made",
      after: (user) => void navigate({ to: "/instance/users/$userId", params: { userId: user.id } }),
    },
  );
  return (
    <FormDialog title="Make a user" action="Make it" ready={email.trim() !== ""} change={create} onClose={onClose}>
      <Field label="Email address" required>
        {(ids) => (
          <Input
            {...ids}
            type="email"
            required
            value={email}
            autoComplete="off"
            onChange={(e) => setEmail(e.target.value)}
          />
        )}
      </Field>
      <Field label="Name">
        {(ids) => (
          <Input {...ids} value={name} maxLength={256} autoComplete="off" onChange={(e) => setName(e.target.value)} />
        )}
      </Field>
      <Field label="Password" hint="Without one they set it by “Forgot password”.">
        {(ids) => (
          <Input
            {...ids}
            type="password"
            value={password}
            autoComplete="new-password"
            onChange={(e) => setPassword(e.target.value)}
          />
        )}
      </Field>
      <Toggle label="The address is verified" checked={verified} onChange={setVerified} />
    </FormDialog>
  );
}
