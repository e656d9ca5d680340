import { z } from 'zod';
import { member } from '../../core/base/guards.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import { listIn } from '../../core/http/page.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { autoPaginate, connection, isServiceLink, listParams, params } from '../params.ts';
import { readsAddresses } from '../pasted/address-fields.ts';
import { resourceOfLink } from '../pasted/resource-links.ts';
import { type ListSource, runList, smallerWith } from '../run-list.ts';
import { armApiVersion, completePath, path } from './arm-path.ts';

const input = z.strictObject({
  connection,
  path,
  api_version: armApiVersion.optional(),
  params: params.optional().describe('Query options, e.g. {"$expand":"instanceView"}.'),
  auto_paginate: autoPaginate.optional(),
  ...listParams,
});

type Input = z.output<typeof input>;

export const armQuery = defineTool({
  name: 'arm_query',
  title: 'Read Azure resources and role assignments',
  description:
    'Reads Azure resources through Azure Resource Manager: ' +
    'one by its id or path with its details, properties and settings, or a list with all its pages. ' +
    'Virtual machines, storage accounts, web apps, resource groups, role assignments on a subscription and so on. ' +
    'It finds the api-version. For searches use resource_graph_query.',
  toolset: 'arm',
  permissions: ['Reader, or a role with the read action of the resource type'],
  annotations: readOnly,
  takesOutcomes: true,
  goesOn: 'whole_lists',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  readPasted: readsAddresses({ field: 'path', fromLink: resourceOfLink, writer: 'arm_write' }),
  input,
  run: (args, context) => runList(args, sourceOf(args, context), context),
});

function sourceOf(args: Input, context: ConnectionToolContext): ListSource {
  const { path, params, api_version } = args;
  const { arm, call } = context;
  return {
    query: { tool: 'arm_query', path, params, api_version },
    membersWith: 'project',
    makeSmallerWith: smallerWith(['project'], context),
    async read(from, limits) {
      if (from !== undefined) return arm.pages({ method: 'GET', path: from.nextLink, verbatim: true }, limits, call);
      const request = requestOf(args, context);
      const first = await arm.send(request, call);
      return isListBody(first.body) ? arm.pages(request, { ...limits, first }, call) : first;
    },
  };
}

function requestOf({ path, params, api_version }: Input, context: ConnectionToolContext): ApiRequest {
  return withoutUndefined({
    method: 'GET',
    path: completePath(path, context),
    verbatim: params === undefined && isServiceLink(path) ? true : undefined,
    params,
    apiVersion: api_version,
    versionIsAsked: api_version === undefined ? undefined : true,
    saysVersion: true,
  });
}

/** Not every provider calls its items `value`; a link to another page always means a list. */
function isListBody(body: unknown): boolean {
  return listIn(body) !== undefined || typeof member(body, 'nextLink') === 'string';
}
