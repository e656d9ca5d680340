import { lroScenarios } from './lro-scenarios.ts';
import { operationsLeftOut, pagingScenarios, routesLeftOut } from './paging-scenarios.ts';
import { retryScenarios } from './retry-scenarios.ts';

function section(title: string, operations: readonly string[]): string {
  return [`## ${title} (${operations.length})`, '', ...operations.map((operation) => `- \`${operation}\``), ''].join(
    '\n',
  );
}

function reasons(title: string, entries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(entries).map(([name, reason]) => `- \`${name}\`: ${reason}`);
  return [`## ${title} (${lines.length})`, '', ...lines, ''].join('\n');
}

/** The page that says which routes of Autorest's test server the core runs against. */
export function renderCoverage(): string {
  return [
    "# Autorest's test server",
    '',
    'Paging, long-running operations and retries are tried against `@microsoft.azure/autorest.testserver`, the server that',
    "Microsoft's own client generators are tested with. The test run starts it, runs every operation below through the",
    'pipeline, and fails when the server describes an operation, or has a route, that this page does not name. Change the',
    'scenarios in `test/core/autorest`, then run `npx vitest run test/core/autorest -u` to write this page again.',
    '',
    section('Lists', [...pagingScenarios.map(({ operation }) => operation), 'POST /paging/multiple/lro']),
    section(
      'Long-running operations',
      lroScenarios.map(({ operation }) => operation),
    ),
    section(
      'Requests that fail once',
      retryScenarios.map(({ operation }) => operation),
    ),
    'A POST is sent again only when it is declared to have the same effect twice; without that, `POST /http/retry/503` and',
    '`POST /lro/retryerror/…` end with `outcome_unknown`, which is tried as well.',
    '',
    reasons('Operations left out', operationsLeftOut),
    reasons('Further routes left out', routesLeftOut),
  ].join('\n');
}
