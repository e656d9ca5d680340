import { isPersonalAccessToken, readClaims } from '../../auth/token-claims.ts';
import { counted } from '../../base/counted.ts';
import { AppError } from '../../base/errors.ts';
import type { CheckResult } from '../../record/connection.ts';
import { type CheckContext, failureLine, linesOf, type ValidationCheck } from './check.ts';

const check = 'devops';
const { pass, warn, fail, skip } = linesOf(check);

/** Projects beyond this number are not counted: one is enough to know that the identity has access. */
const mostProjects = 1000;

/** Whether the DevOps organization of the connection exists and lets it in. */
export const devopsCheck: ValidationCheck = {
  name: check,
  async run(context) {
    const { record, findings } = context;
    if (!record.scopes.includes('devops')) return [];
    if (record.identity.organization === undefined) {
      return [
        fail(
          'The connection names no Azure DevOps organization.',
          'Supply organization with complete_connection: its name as in https://dev.azure.com/{organization}.',
        ),
      ];
    }
    if (!findings.tokens.has('devops')) return [skip('There is no token for Azure DevOps to look with.')];
    try {
      return [judge(record.identity.organization, await countProjects(context))];
    } catch (error) {
      return [explain(record.identity.organization, error, context)];
    }
  },
};

async function countProjects({ connection, call }: CheckContext): Promise<number> {
  const request = { method: 'GET', path: '/_apis/projects', scope: {}, params: { $top: 100 } } as const;
  let projects = 0;
  for await (const { items } of connection.devops.pages(request, { maxItems: mostProjects }, call)) {
    projects += items.length;
  }
  return projects;
}

function judge(organization: string, projects: number): CheckResult {
  if (projects === 0) {
    return warn(
      `The organization ${organization} lets the identity in, and shows it no project.`,
      'Add the identity to a project: Project settings > Teams > Add, or to the group Endpoint Creators of the project.',
    );
  }
  const seen = `${counted(projects, 'project')}${projects >= mostProjects ? ' or more' : ''}`;
  return pass(`The organization ${organization} is reachable; the identity sees ${seen}.`);
}

const otherForm =
  'It is neither a token of Microsoft Entra nor a personal access token, which has 52 or 84 letters and digits: copy it again, whole, and supply it with complete_connection.';

/** The usual reasons, and a remedy for each. */
function explain(organization: string, error: unknown, { record, findings }: CheckContext): CheckResult {
  if (!(error instanceof AppError)) throw error;
  const token = findings.tokens.get('devops')?.token ?? '';
  const isPat = isPersonalAccessToken(token, record);
  const isUnknown = record.auth_type === 'bearer' && !isPat && readClaims(token) === undefined;
  switch (error.code) {
    case 'unauthenticated':
      findings.credentialRefused ||= isPat || isUnknown;
      if (isUnknown) {
        return fail(`The organization ${organization} does not take the token: ${error.message}`, otherForm);
      }
      return fail(
        `The organization ${organization} does not take the ${isPat ? 'personal access token' : 'identity'}: ${error.message}`,
        isPat
          ? 'It has expired, was revoked, or is for another organization: make a new one (User settings > Personal access tokens) and supply it with complete_connection.'
          : 'Add the identity to the organization (Organization settings > Users > Add users, access level Basic), and check that the organization is connected to its tenant (Organization settings > Microsoft Entra).',
      );
    case 'permission_denied':
      return fail(
        `The organization ${organization} knows the identity and refuses it: ${error.message}`,
        isPat
          ? 'Give the token the scopes Project and Team (Read) and Service Connections (Read, query, & manage).'
          : 'Add the identity to the organization and to a project: Organization settings > Users.',
      );
    case 'not_found':
      return fail(
        `There is no organization ${organization} that the identity could see.`,
        'Correct organization with complete_connection: its name as in https://dev.azure.com/{organization}.',
      );
    default:
      return failureLine(check, error);
  }
}
