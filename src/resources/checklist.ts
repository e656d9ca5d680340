import { buildChecklist } from '../core/connections/checklist/build-checklist.ts';
import { defineResource } from './define-resource.ts';

export const checklistResource = defineResource({
  name: 'checklist',
  title: 'Setup checklist',
  description:
    'The setup of one connection, step by step: what is done by its record and last checks, what is open, and how.',
  mimeType: 'application/json',
  uriTemplate: 'tenantry://checklist/{name}',
  pattern: /^tenantry:\/\/checklist\/(?<name>[a-z0-9][a-z0-9_-]{1,62})$/,
  async read({ name }, { connections, caller }) {
    const records = await connections.list(caller);
    const record = records.find((one) => one.name === name);
    return record ? buildChecklist(record) : undefined;
  },
  async complete(_, { connections, caller }) {
    return (await connections.list(caller)).map((record) => record.name);
  },
});
