import type { ReadAnswer } from '../../http/api-descriptor.ts';

/** Where a caller who is not known is sent, instead of being refused. */
const signInPath = /\/_signin(?:[/?#]|$)/i;

function isSignIn({ status, headers, body }: ReadAnswer): boolean {
  if (status === 203) return true;
  if (status >= 300) return status < 400 && signInPath.test(headers['location'] ?? '');
  return body !== undefined && !(headers['content-type'] ?? 'application/json').toLowerCase().includes('json');
}

/** Some answers are JSON and say that they are text. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * An answer as it is meant. Whoever is not signed in gets a page with 203 or 200, or is sent to one, so that a success
 * that is no JSON is a 401.
 *
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/authentication-guidance
 */
export function readDevOpsAnswer(answer: ReadAnswer): Pick<ReadAnswer, 'status' | 'body'> | undefined {
  const { status, body } = answer;
  const parsed = typeof body === 'string' && status !== 203 ? parseText(body) : undefined;
  if (parsed !== undefined) return { status, body: parsed };
  return isSignIn(answer)
    ? { status: 401, body: { message: `Azure DevOps answered ${status} with its sign-in page instead of JSON.` } }
    : undefined;
}
