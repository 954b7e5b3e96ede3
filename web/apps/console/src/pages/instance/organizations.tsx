export const OrganizationsPage = () => null;
