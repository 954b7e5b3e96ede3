export const OrganizationSettingsPage = () => null;
