import { checkLocks } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseBody, parseProperties, tagsOf } from '../arm-call.ts';
import { badRequest, notFound } from '../arm-error.ts';
import { subscriptionIdOf } from '../arm-ids.ts';
import { stampsOf } from '../write-resource.ts';

type Tags = Readonly<Record<string, string>>;

const type = 'Microsoft.Resources/tags';
const path = '{scope}/providers/Microsoft.Resources/tags/default';

export const tagRoutes: readonly ArmRoute[] = [
  { method: 'GET', path, type, action: `${type}/read`, handle: (call) => render(call, read(call)) },
  { method: 'PUT', path, type, action: `${type}/write`, handle: (call) => write(call, tagsIn(call)) },
  { method: 'PATCH', path, type, action: `${type}/write`, handle: patchTags },
  { method: 'DELETE', path, type, action: `${type}/delete`, handle: deleteTags },
];

function tagsIn(call: ArmCall): Tags {
  return tagsOf(parseProperties(call)['tags']) ?? {};
}

function deleteTags(call: ArmCall) {
  const { status } = write(call, {});
  return { status };
}

function read({ params, store }: ArmCall): Tags {
  const scope = params['scope'] ?? '';
  if (/^\/subscriptions\/[^/]+$/i.test(scope)) return store.subscription(subscriptionIdOf(scope) ?? '')?.tags ?? {};
  const resource = store.resource(scope);
  if (resource) return resource.tags ?? {};
  throw notFound('ResourceNotFound', `The Resource '${scope}' was not found.`);
}

/** Source: "Tags - Update At Scope". */
function patchTags(call: ArmCall) {
  const { operation } = parseBody(call);
  const [old, given] = [read(call), tagsIn(call)];
  switch (operation) {
    case 'Merge':
      return write(call, { ...old, ...given });
    case 'Replace':
      return write(call, given);
    case 'Delete':
      return write(call, Object.fromEntries(Object.entries(old).filter(([name, value]) => given[name] !== value)));
    default:
      throw badRequest('InvalidTagPatchOperation', "The operation must be 'Replace', 'Merge' or 'Delete'.");
  }
}

function write(call: ArmCall, tags: Tags) {
  const scope = call.params['scope'] ?? '';
  read(call);
  checkLocks(call, scope, 'write');
  if (Object.keys(tags).length > 50) throw badRequest('InvalidTagsCount', 'A resource can have at most 50 tags.');
  const resource = call.store.resource(scope);
  if (resource) {
    call.store.putResource({ ...resource, tags, ...stampsOf(call, resource) });
  } else {
    call.store.setSubscriptionTags(subscriptionIdOf(scope) ?? '', tags);
  }
  return render(call, tags);
}

function render({ params }: ArmCall, tags: Tags) {
  const id = `${params['scope']}/providers/${type}/default`;
  return { status: 200, body: { id, name: 'default', type, properties: { tags } } };
}
