export const AllDirectoriesPage = () => null;
