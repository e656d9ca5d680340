import { defineResource } from './define-resource.ts';

export const limitsResource = defineResource({
  name: 'limits',
  title: 'Limits of a connection',
  description:
    'What is left of the published budgets of a connection and how old that figure is, what waits, and what is paused.',
  mimeType: 'application/json',
  uriTemplate: 'tenantry://limits/{name}',
  pattern: /^tenantry:\/\/limits\/(?<name>[a-z0-9][a-z0-9_-]{1,62})$/,
  async read({ name }, { connections, caller, limits }) {
    const record = (await connections.list(caller)).find((one) => one.name === name);
    if (!record) return undefined;
    const snapshot = await limits();
    // Keys are made of base address, app and tenant, unless the operator has named one.
    const own = record.settings.rate_limit_key ?? record.identity.client_id ?? record.id;
    const mine = ({ key }: { readonly key: string }) => key.includes(own);
    return {
      connection: record.name,
      lanes: (snapshot?.lanes ?? []).filter(mine).map(({ key: _key, ...lane }) => lane),
      budgets: (snapshot?.budgets ?? []).filter(mine).map(({ key: _key, ...budget }) => budget),
    };
  },
  async complete(_, { connections, caller }) {
    return (await connections.list(caller)).map((record) => record.name);
  },
});
