import { checkGroups } from '../../src/core/selfcheck/checks/all-checks.ts';
import { statusesOf } from '../../src/core/selfcheck/compare-answer.ts';
import { describeRequest } from '../../src/core/selfcheck/report.ts';
import { table } from './generated-section.ts';

/** Every request of `tenantry selfcheck`, by the scopes that ask for it. */
export function selfcheckTable(): string {
  const byScopes = Map.groupBy(checkGroups, ({ scopes }) => scopes.map((scope) => `\`${scope}\``).join(', '));
  const parts = [...byScopes].map(([names, groups]) => {
    const rows = groups
      .flatMap(({ checks }) => checks)
      .map(({ id, asks, about, request, expect }) => [
        `\`${id}\``,
        asks,
        about,
        `\`${describeRequest(request)}\``,
        [statusesOf(expect).join(' or '), ...(expect.codes ?? []).map((code) => `\`${code}\``)].join(', '),
      ]);
    return `### ${names}\n\n${table(['check', 'what is asked', 'about', 'request', 'assumed'], rows)}`;
  });
  return parts.join('\n\n');
}
