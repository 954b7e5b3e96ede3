/** The small parts that every page is made of. They know nothing of the server. */
export * from "./controls";
export * from "./copy";
export * from "./dialogs";
export * from "./later";
export * from "./lists";
export * from "./shown";
