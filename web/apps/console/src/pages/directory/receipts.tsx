export const ReceiptsPage = () => null;
