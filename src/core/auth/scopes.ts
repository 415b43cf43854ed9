/** What an API key may do; the text form stands in settings, errors and the database. */
export const scopes = {
  "projects:read": "Read projects, their members and their audit log",
  "projects:write": "Create, change and delete projects and their members",
  "sessions:read": "Read and search sessions and their statistics",
  "sessions:write": "Store and delete sessions",
  "keys:manage": "Create, list and revoke the own user's API keys",
  admin: "Create, list, lock and delete users, manage the API keys of any user, read the whole audit log, and make backups of everything",
} as const;

export type Scope = keyof typeof scopes;

// Object.keys is typed string[]; the table above is a closed literal.
export const allScopes = Object.keys(scopes) as Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}

/** `projects:read` as the schema's enum spells it: `PROJECTS_READ`. */
export function toScopeEnumName(scope: Scope): string {
  return scope.toUpperCase().replace(":", "_");
}
