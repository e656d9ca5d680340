import type { DevOpsApi, DevOpsRequest } from '../../../src/core/apis/devops/devops-api.ts';
import { Endpoints } from '../../../src/core/service-connections/endpoints.ts';

/** What one request is answered with: a body, a status with a body, or a failure. */
export type Scripted = { readonly status?: number; readonly body?: unknown } | Error;

export interface ScriptedDevOps {
  readonly endpoints: Endpoints;
  readonly requests: DevOpsRequest[];
}

/** The routes over answers in order. A request beyond the script fails the test. */
export function scriptedDevOps(...script: Scripted[]): ScriptedDevOps {
  const requests: DevOpsRequest[] = [];
  const next = (request: DevOpsRequest) => {
    requests.push(request);
    const scripted = script.shift();
    if (scripted === undefined) throw new Error(`Unexpected ${request.method} ${request.path}`);
    if (scripted instanceof Error) throw scripted;
    const { status = 200, body } = scripted;
    return { status, headers: {}, body, sizeBytes: 0, url: 'https://dev.azure.com/contoso', requestId: undefined };
  };
  const devops: DevOpsApi = {
    organizationOf: ({ organization }) => organization ?? 'contoso',
    send: async (request) => next(request),
    async *pages(request) {
      const { body, status } = next(request);
      yield { items: (body as { value: unknown[] }).value, status, requestId: undefined };
    },
  };
  return { endpoints: new Endpoints(devops, { now: () => Date.now() }), requests };
}
