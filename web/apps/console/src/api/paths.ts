/** Where things are in the API. Asks nothing, so that what runs first may use it. */

/** The word that stands for the instance where an organization's id would. */
export const INSTANCE = "instance";

/** Where the directories of an organization, or of the instance, are. */
export function directoriesPath(org: string): string {
  return org === INSTANCE ? "/v1/directories" : `/v1/organizations/${org}/directories`;
}

/** Where the roles are that an organization can give: the instance's, and its own. */
export function rolesPath(org: string): string {
  return org === INSTANCE ? "/v1/roles" : `/v1/organizations/${org}/roles`;
}

/** Where the authentication API lists the teams of an organization. */
export function teamsPath(org: string): string {
  return `/api/auth/organization/list-teams?organizationId=${encodeURIComponent(org)}`;
}

export function directoryPath(org: string, id: string): string {
  return `${directoriesPath(org)}/${id}`;
}
