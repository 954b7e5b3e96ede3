export const DirectorySettingsPage = () => null;
