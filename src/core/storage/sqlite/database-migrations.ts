/** Statements that bring the store from version n to n + 1. Only ever append: the version is the length of the list. */
export const databaseMigrations: readonly string[] = [
  `
  CREATE TABLE connections (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE secrets (
    ref TEXT PRIMARY KEY NOT NULL,
    connection_id TEXT NOT NULL,
    field TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    sealed BLOB NOT NULL,
    sealed_key BLOB NOT NULL
  ) STRICT;
  CREATE TABLE vault_meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
  `,
];
