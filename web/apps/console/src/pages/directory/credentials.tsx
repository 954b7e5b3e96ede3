export const CredentialsPage = () => null;
