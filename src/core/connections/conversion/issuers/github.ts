import type { FederationError, FederationFindings, FederationTrust } from '../federation-trust.ts';

const host = 'token.actions.githubusercontent.com';

/** Claims that an organization may put into the subject instead of the usual ones. */
const customClaims: ReadonlySet<string> = new Set([
  'actor',
  'actor_id',
  'base_ref',
  'context',
  'enterprise',
  'enterprise_id',
  'environment',
  'event_name',
  'head_ref',
  'job_workflow_ref',
  'job_workflow_sha',
  'ref',
  'ref_type',
  'repo',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'repository_visibility',
  'run_id',
  'runner_environment',
  'workflow',
  'workflow_ref',
]);

/** Owner and repository by name, or each with its number, which newer repositories send: `contoso@1234/shop@5678`. */
const repositoryForm = String.raw`[^/@:\s]+(?:@\d+)?\/[^/@:\s]+(?:@\d+)?`;
const plain = new RegExp(`^repo:${repositoryForm}:(ref:refs/(heads|tags)/.+|environment:.+|pull_request)$`);
const withNumbers = new RegExp(`^${repositoryForm}$`);

/** Entra compares exactly: a name alone does not match a name with its number, nor the other way round. */
const numbersHint =
  'Repositories that were made, renamed or transferred since 2026-07-15 send their numbers too (repo:{owner}@{owner id}/{repository}@{repository id}:…): copy the sub claim of a token of the job.';

/**
 * GitHub Actions, also with an enterprise's own issuer.
 * https://docs.github.com/actions/reference/security/oidc
 */
export function checkGitHub({ issuer, subject }: FederationTrust): FederationFindings | undefined {
  const url = new URL(issuer);
  const isEnterprise = /^token\.actions\.[a-z0-9-]+\.ghe\.com$/.test(url.hostname);
  if (url.hostname !== host && !isEnterprise) return undefined;
  const errors: FederationError[] = [];
  if (issuer.endsWith('/')) {
    errors.push({
      field: 'issuer',
      message: 'The issuer of GitHub Actions has no slash at its end.',
      hint: `Use ${issuer.replace(/\/+$/, '')}.`,
    });
  }
  if (plain.test(subject)) return { errors, notes: [] };
  if (isCustom(subject)) {
    return {
      errors,
      notes: [
        'The subject is one of a customised form of GitHub Actions: it matches only if the organization or repository has set exactly these claims.',
      ],
    };
  }
  errors.push({
    field: 'subject',
    message: 'subject is not one that GitHub Actions puts into a token.',
    hint: `Use ${nearestForms(subject).join(', ')}.${isEnterprise ? '' : ` ${numbersHint}`}`,
  });
  return { errors, notes: [] };
}

/** `claim:value` pairs of known claims, where the value of one may have colons itself. */
function isCustom(subject: string): boolean {
  const [first, ...rest] = subject.split(':');
  if (first === undefined || !customClaims.has(first) || rest.join(':') === '') return false;
  if (first !== 'repo') return true;
  const [repository, next] = rest;
  const isRepository = withNumbers.test(repository ?? '');
  // `ref` and `environment` right after the repository are the plain form, which has been looked at.
  return isRepository && (next === undefined || (customClaims.has(next) && next !== 'ref' && next !== 'environment'));
}

/** The valid forms with what can be recognised of the subject filled in, the most likely first. */
function nearestForms(subject: string): string[] {
  const repository =
    /([\w.-]+(?:@\d+)?\/[\w.-]+(?:@\d+)?)/.exec(subject.replace(/^repo[:/]/i, ''))?.[1] ?? '{owner}/{repository}';
  const branch = /refs\/heads\/(.+)$/.exec(subject)?.[1] ?? /branch:(.+)$/.exec(subject)?.[1] ?? '{branch}';
  const tag = /refs\/tags\/(.+)$/.exec(subject)?.[1] ?? /tag:(.+)$/.exec(subject)?.[1] ?? '{tag}';
  const environment = /environments?[:/](.+)$/.exec(subject)?.[1] ?? '{environment}';
  const forms = [
    `repo:${repository}:ref:refs/heads/${branch}`,
    `repo:${repository}:ref:refs/tags/${tag}`,
    `repo:${repository}:environment:${environment}`,
    `repo:${repository}:pull_request`,
  ];
  const likely = forms.findIndex(
    (_form, index) =>
      [branch !== '{branch}', tag !== '{tag}', environment !== '{environment}', /pull/i.test(subject)][index],
  );
  return likely <= 0 ? forms : [forms[likely] ?? '', ...forms.filter((_form, index) => index !== likely)];
}
