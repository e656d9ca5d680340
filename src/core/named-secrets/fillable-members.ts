import { invalidArgument } from '../base/errors.ts';
import { isRecord, parseRecord } from '../base/guards.ts';
import { readPath } from '../secrets/answers/answer-rules.ts';
import { isSecretName } from '../secrets/answers/secret-members.ts';
import { namedSecretPattern } from '../storage/storage.ts';

/** A write, as far as it decides which of its members may be filled in. */
export interface FillableRequest {
  readonly api: 'graph' | 'arm';
  readonly method: string;
  /** As the caller gave it: relative or absolute, with or without version and query. */
  readonly path: string;
  readonly body: unknown;
}

/** What stands in a body instead of a secret. */
export type BodyReference = { readonly secret: string } | { readonly generate: true };

/** A member of a body that holds a reference. */
export interface FillableSlot {
  /** Names from the top, as the caller spells them. */
  readonly steps: readonly string[];
  readonly reference: BodyReference;
  /** The value is an object, given as its JSON text (`secureObject`). */
  readonly isObject: boolean;
}

const where =
  'passwordProfile.password of a user, newPassword of resetPassword, osProfile.adminPassword of a machine, ' +
  'administratorLoginPassword or administratorPassword of a database, and secureString or secureObject parameters of a deployment';

/** Databases, by the namespace of their provider. */
const databases =
  /^microsoft\.(?:dbforpostgresql|dbformysql|dbformariadb|documentdb|sql|horizondb|synapse|sqlvirtualmachine)$/;

interface Candidate {
  readonly steps: readonly string[];
  readonly isObject: boolean;
}

/**
 * References of a body, at the members that the service never gives back. Throws `invalid_argument` for a malformed one,
 * and for one at another member that holds a secret: it would be sent as it stands. Objects elsewhere are data.
 */
export function findSlots(request: FillableRequest): readonly FillableSlot[] {
  const { body } = request;
  if (!isRecord(body) || request.method === 'DELETE') return [];
  const candidates = candidatesOf(request, body);
  const slots = candidates.flatMap(({ steps, isObject }): readonly FillableSlot[] => {
    const reference = readReference(valueAt(body, steps), steps, isObject);
    return reference === undefined ? [] : [{ steps, reference, isObject }];
  });
  refuseLookalikes(body, [], new Set(candidates.map(({ steps }) => steps.join('\0'))));
  return slots;
}

/** Texts at these members that are secrets themselves, and no references. */
export function literalsIn(request: FillableRequest): readonly string[] {
  const { body } = request;
  if (!isRecord(body)) return [];
  return candidatesOf(request, body)
    .map(({ steps }) => valueAt(body, steps))
    .filter((value) => asReference(value) === undefined)
    .flatMap(textsBelow);
}

function textsBelow(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsBelow) : [];
}

function candidatesOf({ api, method, path }: FillableRequest, body: Readonly<Record<string, unknown>>) {
  const read = readPath(path.replace(/^https?:\/\/[^/]+/i, ''));
  const wanted = api === 'graph' ? graphMembers(read.lower, method) : armMembers(read.provider ?? '', read.lower);
  const found = wanted.flatMap((names) => spelled(body, names).map((steps): Candidate => ({ steps, isObject: false })));
  const isDeployment = api === 'arm' && read.provider === 'microsoft.resources' && read.lower.includes('deployments');
  return isDeployment ? [...found, ...secureParameters(body)] : found;
}

function graphMembers(segments: readonly string[], method: string): readonly (readonly string[])[] {
  const [first = '', , third] = segments;
  const isNewUser = method === 'POST' && first === 'users' && segments.length === 1;
  const isUser =
    method === 'PATCH' && ((first === 'users' && segments.length === 2) || (first === 'me' && segments.length === 1));
  if (isNewUser || isUser) return [['passwordprofile', 'password']];
  const at = first === 'me' ? 1 : 2;
  const isReset =
    method === 'POST' &&
    (first === 'me' || (first === 'users' && third !== undefined)) &&
    segments[at] === 'authentication' &&
    /^(?:password)?methods$/.test(segments[at + 1] ?? '') &&
    segments[at + 3] === 'resetpassword' &&
    segments.length === at + 4;
  return isReset ? [['newpassword']] : [];
}

function armMembers(provider: string, segments: readonly string[]): readonly (readonly string[])[] {
  if (provider === 'microsoft.compute') {
    return [
      ['properties', 'osprofile', 'adminpassword'],
      ['properties', 'virtualmachineprofile', 'osprofile', 'adminpassword'],
    ];
  }
  if (databases.test(provider) && segments.length > 0) {
    return [
      ['properties', 'administratorloginpassword'],
      ['properties', 'administratorpassword'],
    ];
  }
  return [];
}

/** Parameters that the template in the same body declares as secure. */
function secureParameters(body: Readonly<Record<string, unknown>>): readonly Candidate[] {
  const [declared] = spelled(body, ['properties', 'template', 'parameters']);
  const [given] = spelled(body, ['properties', 'parameters']);
  const declarations = declared === undefined ? undefined : valueAt(body, declared);
  if (given === undefined || !isRecord(declarations)) return [];
  return Object.entries(declarations).flatMap(([name, declaration]) => {
    const type = isRecord(declaration) ? declaration['type'] : undefined;
    const kind = typeof type === 'string' ? type.toLowerCase() : '';
    if (kind !== 'securestring' && kind !== 'secureobject') return [];
    const values = spelled(valueAt(body, given), [name.toLowerCase(), 'value']);
    return values.map((steps): Candidate => ({ steps: [...given, ...steps], isObject: kind === 'secureobject' }));
  });
}

/** Every spelling of a way to a member; names are given in lower case. */
function spelled(value: unknown, names: readonly string[]): readonly (readonly string[])[] {
  const [name, ...rest] = names;
  if (name === undefined) return [[]];
  if (!isRecord(value)) return [];
  return Object.keys(value)
    .filter((key) => key.toLowerCase() === name)
    .flatMap((key) => spelled(value[key], rest).map((steps) => [key, ...steps]));
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((inner, step) => (isRecord(inner) ? inner[step] : undefined), value);
}

/** Hosts may pass an object as its JSON text. */
function asReference(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const object = typeof value === 'string' && value.trimStart().startsWith('{') ? parseRecord(value) : value;
  return isRecord(object) && ('secret' in object || 'generate' in object) ? object : undefined;
}

function readReference(value: unknown, steps: readonly string[], isObject: boolean): BodyReference | undefined {
  const given = asReference(value);
  if (given === undefined) {
    // A `secureObject` may be any object.
    if (!isRecord(value) || isObject) return undefined;
    throw malformed(steps);
  }
  const { secret, generate } = given;
  if (Object.keys(given).length === 1) {
    if (typeof secret === 'string' && namedSecretPattern.test(secret)) return { secret };
    if (generate === true && !isObject) return { generate };
  }
  if (isObject && !('generate' in given)) return undefined;
  throw malformed(steps);
}

function malformed(steps: readonly string[]): Error {
  return invalidArgument(
    `body.${steps.join('.')}: not a reference to a secret.`,
    'Pass { "secret": "name" } for a named secret, { "generate": true } for a new password (not for objects), or text.',
  );
}

/** A reference at a member that is not filled in would be sent as it stands: better to say so. */
function refuseLookalikes(value: unknown, steps: readonly string[], fillable: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseLookalikes(item, [...steps, String(index)], fillable);
    return;
  }
  if (!isRecord(value)) return;
  for (const [name, child] of Object.entries(value)) {
    const here = [...steps, name];
    const isReference = isRecord(child) && Object.keys(child).length === 1 && asReference(child) !== undefined;
    if (isReference && isSecretName(name.toLowerCase()) && !fillable.has(here.join('\0'))) {
      throw invalidArgument(
        `body.${here.join('.')}: a secret cannot be filled in here, since the service may give it back.`,
        `References are filled in at ${where}. For workspace connections use create_workspace_connection.`,
      );
    }
    refuseLookalikes(child, here, fillable);
  }
}
