import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadGraphCatalog } from '../../../src/core/apis/graph/catalog/load-catalog.ts';
import { createExplainer } from '../../../src/core/apis/graph/explain/create-explainer.ts';
import { createGraphDescriptor } from '../../../src/core/apis/graph/graph-descriptor.ts';
import { httpMethods } from '../../../src/core/http/api-client.ts';
import { mapFailedAnswer } from '../../../src/core/http/policies/error.ts';
import { createDriveLibrary } from '../../../src/sandbox/graph/drive/drive-library.ts';
import { createGraphParts } from '../../../src/sandbox/graph/graph-parts.ts';
import { createGraphService } from '../../../src/sandbox/graph/graph-service.ts';
import { graphAppId } from '../../../src/sandbox/seed/applications.ts';
import { testCall } from '../../support/call.ts';
import { createTestContext, sandboxRequest } from '../support/test-context.ts';

// Operations and their least permissions by a reading of Microsoft's data that shares nothing with the catalog: the sandbox and
// the client both use the catalog, and would share its mistakes.

const samplesSchema = z.array(
  z.object({
    method: z.enum(httpMethods),
    path: z.string(),
    application: z.array(z.string()),
    delegated: z.array(z.string()),
  }),
);
const file = new URL('../../support/graph-permission-samples.json', import.meta.url);
const samples = samplesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

const context = createTestContext();
const service = createGraphService({
  ...createGraphParts(createDriveLibrary()),
  faults: { take: () => undefined },
});
context.place('throttleLimits', { resource_units: 1_000_000 });

const catalog = await loadGraphCatalog();
const operations = [...catalog.operations.all()];
const everything = [
  ...new Set(
    operations.flatMap(({ application, delegated }) => [application, delegated].flatMap((one) => one.accepted)),
  ),
];

type Use = 'application' | 'delegated';

/** A token of the sandbox app, or of a person, with these permissions. */
function tokenWith(use: Use, permissions: readonly string[]): Promise<string> {
  const { appId, tenantId, objectId } = context.caller;
  const now = Math.floor(context.clock.now() / 1000);
  const [person] = context.store.scan('user');
  return context.signer.sign({
    aud: graphAppId,
    iss: `https://sts.windows.net/${tenantId}/`,
    iat: now,
    nbf: now,
    exp: now + 3600,
    appid: appId,
    tid: tenantId,
    oid: use === 'application' ? objectId : person?.entity.id,
    ...(use === 'application' ? { idtyp: 'app', roles: permissions } : { idtyp: 'user', scp: permissions.join(' ') }),
  });
}

const anyId = '00000000-0000-4000-8000-00000000abcd';

function addressOf(path: string): string {
  return path.replace(/\{id\}/g, anyId).replace(/\{\w+\}/g, "'x'");
}

async function send(method: (typeof httpMethods)[number], path: string, token: string) {
  const version = catalog.operations.find(method, path)?.isBetaOnly === true ? 'beta' : 'v1.0';
  const request = sandboxRequest(method, `/${version}${addressOf(path)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return service.handle(request, context);
}

const descriptor = createGraphDescriptor();

/** What the caller of a tool reads about an answer. */
async function hintOf(
  method: (typeof httpMethods)[number],
  path: string,
  answer: Awaited<ReturnType<typeof send>>,
  token: string,
) {
  const request = { method, path: addressOf(path) };
  const described = { ...request, wirePath: request.path, query: {} };
  const url = `https://graph.sandbox.test/v1.0${request.path}`;
  const error = mapFailedAnswer(
    { api: descriptor, described, request: described, repeatability: 'safe', tooLongMs: undefined },
    { status: answer.status, headers: {}, body: answer.body, sizeBytes: 0, url },
    context.clock.now(),
  );
  const tokens = { getToken: async () => ({ token, expiresAt: Number.POSITIVE_INFINITY }) };
  const explainer = createExplainer({ tokens, audience: graphAppId, catalog: async () => catalog });
  return (await explainer.explain(error, request, testCall()))?.hint ?? error.hint ?? '';
}

describe.each<Use>(['application', 'delegated'])('of 300 operations, for %s use', (use) => {
  test('each is refused with every permission but those that are accepted, and the least is named', async () => {
    const wrong: unknown[] = [];
    for (const { method, path, [use]: least } of samples) {
      const accepted = new Set(catalog.operations.find(method, path)?.[use].accepted);
      const token = await tokenWith(
        use,
        everything.filter((name) => !accepted.has(name)),
      );
      const answer = await send(method, path, token);
      const hint = await hintOf(method, path, answer, token);
      const isNamed = least.every((name) => hint.includes(name) && answer.needs?.includes(name) === true);
      const isOnlyForOthers = least.length === 0 && /apps cannot do this|only as an app/.test(hint);
      if (use === 'application' && path.startsWith('/me')) {
        // An app has no /me, whatever it may do.
        if (answer.status !== 400 || !hint.includes('an app has no /me')) wrong.push({ method, path, answer, hint });
        continue;
      }
      if (answer.status !== 403 || !(least.length === 0 ? isOnlyForOthers : isNamed)) {
        wrong.push({ method, path, least, status: answer.status, body: answer.body, needs: answer.needs, hint });
      }
    }
    expect(wrong).toEqual([]);
  });

  test('with the least one none is refused', async () => {
    const refused: unknown[] = [];
    for (const { method, path, [use]: least } of samples) {
      if (least.length === 0) continue;
      const answer = await send(method, path, await tokenWith(use, least));
      if (answer.status === 403 || answer.status === 401) refused.push({ method, path, least, answer });
    }
    expect(refused).toEqual([]);
  });
});
