import type { ReadPasted } from '../define-tool.ts';

/**
 * Notes what the scope `graph` is, since it is often asked for in place of the one for Microsoft Graph. Nobody who says
 * `gremlin` means that.
 */
export const readScopes: ReadPasted = (args, note) => {
  const { scopes } = args;
  const named: readonly unknown[] = Array.isArray(scopes) ? scopes : [scopes];
  if (named.some((one) => typeof one === 'string' && /^\W*graph\W*$/i.test(one))) {
    note(
      'The scope graph is the Gremlin API of Azure Cosmos DB (gremlin is the same); Microsoft Graph is the scope directory.',
    );
  }
  return args;
};

/** One reading after the other. */
export function readsBoth(first: ReadPasted, second: ReadPasted): ReadPasted {
  return (args, note) => second(first(args, note), note);
}
