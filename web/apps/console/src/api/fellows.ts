/** Members as members see one another, by the authentication API: with the whole name, which `/v1` tells in parts. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./http";
import type { FellowMember, Membership } from "./types";

/** Active members of an organization by the ids of their persons, 100 at most. */
export async function fellows(
  org: string,
  people: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, FellowMember>> {
  if (people.length === 0) return new Map();
  const wanted = new URLSearchParams({ organizationId: org, limit: String(people.length), filterField: "userId" });
  wanted.set("filterOperator", "in");
  for (const id of people) wanted.append("filterValue", id);
  const found = await get<{ members: FellowMember[] }>(
    `/api/auth/organization/list-members?${wanted}`,
    undefined,
    signal,
  );
  return new Map(found.members.map((member) => [member.userId, member]));
}

/** The names of those of some members whose name has no parts, by the ids of their persons: empty until they are known. */
export function useNames(org: string, members: readonly Membership[]): Map<string, string> {
  const wanted = members
    .map((member) => member.public_user_data)
    .filter((person) => !person.first_name && !person.last_name)
    .map((person) => person.user_id);
  const { data } = useQuery({
    queryKey: ["members", org, "names", wanted],
    queryFn: async ({ signal }) => {
      const found = await fellows(org, wanted, signal);
      return new Map([...found].map(([id, member]) => [id, member.user?.name ?? ""]));
    },
    enabled: wanted.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return data ?? NONE;
}

const NONE = new Map<string, string>();
