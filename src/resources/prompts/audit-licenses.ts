import { quoted } from '../../core/base/plain-text.ts';
import { definePrompt, namesIn, whereChecklistIs } from './define-prompt.ts';

/** Characters of 64 names, as many as one call takes. */
const mostNames = 64 * 64;

export const auditLicenses = definePrompt({
  name: 'audit_licenses',
  title: 'Audit licences',
  description:
    'Compares the bought, assigned and used licences of one or several tenants and names the ones to give back.',
  arguments: [
    {
      name: 'connection',
      description: 'Name of the connection, or several separated by commas.',
      required: true,
      kind: 'connections',
    },
    { name: 'product', description: 'Only this product: part number or name.', required: false, kind: 'product' },
  ],
  about: ({ connection }) => namesIn(connection),
  steps: ({ connection, product }) => {
    const names = namesIn(connection);
    // `*` stands for all of them.
    const several = names.length > 1 || names[0] === '*';
    const quotedNames = quoted(names.join(','), mostNames);
    const inProjection = several ? 'connection:connection,' : '';
    return [
      `Audit the licences of ${several ? 'the tenants' : 'the tenant'} behind ${quotedNames}${product ? `, of the product ${quoted(product)} only` : ''}. Change nothing.`,
      `Look at ${whereChecklistIs(several ? undefined : names[0])}. If graph_permissions is not done, tell me what to grant, and go on with what can be read.`,
      `Pass ${quotedNames} as connection${several ? ': one call reads all of them' : ''}.`,
      `Units: graph_query /subscribedSkus with project value[].{${inProjection}product:skuPartNumber,id:skuId,bought:prepaidUnits.enabled,used:consumedUnits}.`,
      `Disabled people with licences: graph_query /users with params {"$filter":"accountEnabled eq false and assignedLicenses/$count ne 0","$select":"id,userPrincipalName,assignedLicenses"} and project value[].{${inProjection}user:userPrincipalName,products:assignedLicenses[].skuId}.`,
      `Inactive people: graph_query /users with params {"$filter":"signInActivity/lastSignInDateTime le {90 days ago, as 2026-01-31T00:00:00Z}","$select":"id,userPrincipalName,accountEnabled,assignedLicenses,signInActivity"}. This filter stands alone; leave out who has no licence. A tenant without sign-in data answers with an error: say so, and go on.`,
      'Answer with one row per product: bought, used, free, held by disabled people, held by inactive people; then the licences to give back.',
    ];
  },
});
