import { isPersonalAccessToken } from '../../auth/token-claims.ts';
import { counted } from '../../base/counted.ts';
import { AppError } from '../../base/errors.ts';
import type { CheckResult } from '../../record/connection.ts';
import { type CheckContext, failureLine, skipLine, type ValidationCheck } from './check.ts';

const check = 'devops';

/** Projects beyond this number are not counted: one is enough to know that the identity is let in. */
const mostProjects = 1000;

/** Whether the DevOps organization that the connection names is there and lets it in. */
export const devopsCheck: ValidationCheck = {
  name: check,
  async run(context) {
    const { record, findings } = context;
    if (!record.scopes.includes('devops')) return [];
    if (record.identity.organization === undefined) {
      return [
        {
          check,
          status: 'fail',
          detail: 'The connection names no Azure DevOps organization.',
          hint: 'Supply organization with complete_connection: its name as in https://dev.azure.com/{organization}.',
        },
      ];
    }
    if (!findings.tokens.has('devops')) return [skipLine(check, 'There is no token for Azure DevOps to look with.')];
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
    return {
      check,
      status: 'warn',
      detail: `The organization ${organization} lets the identity in, and shows it no project.`,
      hint: 'Add the identity to a project: Project settings > Teams > Add, or to the group Endpoint Creators of the project.',
    };
  }
  const seen = `${counted(projects, 'project')}${projects >= mostProjects ? ' or more' : ''}`;
  return {
    check,
    status: 'pass',
    detail: `The organization ${organization} is reachable; the identity sees ${seen}.`,
  };
}

/** The usual reasons, with what helps against each. */
function explain(organization: string, error: unknown, { record, findings }: CheckContext): CheckResult {
  if (!(error instanceof AppError)) throw error;
  const isPat = isPersonalAccessToken(findings.tokens.get('devops')?.token ?? '', record);
  switch (error.code) {
    case 'unauthenticated':
      findings.credentialRefused ||= isPat;
      return {
        check,
        status: 'fail',
        detail: `The organization ${organization} does not take the ${isPat ? 'personal access token' : 'identity'}: ${error.message}`,
        hint: isPat
          ? 'It has expired, was revoked, or is for another organization: make a new one (User settings > Personal access tokens) and supply it with complete_connection.'
          : 'Add the identity to the organization (Organization settings > Users > Add users, access level Basic), and check that the organization is connected to its tenant (Organization settings > Microsoft Entra).',
      };
    case 'permission_denied':
      return {
        check,
        status: 'fail',
        detail: `The organization ${organization} knows the identity and refuses it: ${error.message}`,
        hint: isPat
          ? 'Give the token the scopes Project and Team (Read) and Service Connections (Read, query, & manage).'
          : 'Add the identity to the organization and to a project: Organization settings > Users.',
      };
    case 'not_found':
      return {
        check,
        status: 'fail',
        detail: `There is no organization ${organization} that the identity could see.`,
        hint: 'Correct organization with complete_connection: its name as in https://dev.azure.com/{organization}.',
      };
    default:
      return failureLine(check, error);
  }
}
