import type { ServerResponse } from 'node:http';
import type { HttpRefusal } from './gate.ts';

/**
 * Makes the answer of a request one of a resource server that wants a newer sign-in: 401 with the challenge, around the
 * tool error that the body has anyway. An answer that has begun, as an event stream has, stays as it is: its tool error
 * says the same.
 * https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export function answerWithChallenge(response: ServerResponse, challenge: HttpRefusal | undefined): void {
  if (challenge === undefined || response.headersSent) return;
  const writeHead = response.writeHead.bind(response);
  for (const [name, value] of Object.entries(challenge.headers ?? {})) response.setHeader(name, value);
  // The last word before the headers go out is the SDK's, which knows of no refusal.
  Object.assign(response, {
    writeHead(_status: number, ...rest: unknown[]) {
      const headers = rest.find((one) => typeof one === 'object' && one !== null);
      return writeHead(challenge.status, headers as Parameters<ServerResponse['writeHead']>[1]);
    },
  });
}
