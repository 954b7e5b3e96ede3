export const DomainsPage = () => null;
