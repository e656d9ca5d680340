import { invalidArgument } from '../../core/base/errors.ts';
import { quoted } from '../../core/base/plain-text.ts';
import type { ReadPasted } from '../define-tool.ts';
import { unwrap } from './unwrap.ts';

/** An organization and a project in an address of Azure DevOps. */
interface Place {
  /** The address of the organization, so that its cloud is compared with the connection's. */
  readonly organization: string;
  readonly name: string;
  readonly project?: string;
}

/**
 * Reads the address of an organization or a project, from either field: `https://dev.azure.com/contoso/Payments`. Both
 * are taken from it; what is named beside it has to be the same.
 */
export const readProjectAddress: ReadPasted = (args, note) => {
  const given = [placeIn(args['organization']), placeIn(args['project'])];
  const place = given.find((one) => one !== undefined);
  if (place === undefined) return args;
  const organization = given[0] === undefined ? args['organization'] : undefined;
  const project = given[1] === undefined ? args['project'] : undefined;
  checkSame('organization', organization, place.name);
  checkSame('project', project, place.project);
  if (given[0] !== undefined && given[1] !== undefined) checkSame('project', given[1].name, place.name);
  const inAddress = given[1]?.project ?? place.project;
  const withProject = inAddress === undefined ? '' : `, the project ${quoted(inAddress)}`;
  note(`The organization is ${quoted(place.name)}${withProject}, from the address.`);
  const { project: _, ...rest } = args;
  const named = project ?? inAddress;
  return { ...rest, organization: place.organization, ...(named === undefined ? {} : { project: named }) };
};

/** The same where no project is wanted. */
export const readOrganizationAddress: ReadPasted = (args, note) => {
  const place = placeIn(args['organization']);
  if (place === undefined) return args;
  note(`The organization is ${quoted(place.name)}, from the address.`);
  return { ...args, organization: place.organization };
};

function placeIn(given: unknown): Place | undefined {
  if (typeof given !== 'string' || given.length > 2_000) return undefined;
  const text = unwrap(given);
  const url = /^https:\/\//i.test(text)
    ? URL.parse(text)
    : /^[a-z0-9.-]+\.[a-z]+\//i.test(text)
      ? URL.parse(`https://${text}`)
      : null;
  if (url === null || url.username !== '' || url.password !== '' || url.port !== '') return undefined;
  const segments = url.pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decoded);
  const old = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(url.hostname)?.[1];
  if (old !== undefined) {
    const below = segments[0]?.toLowerCase() === 'defaultcollection' ? segments.slice(1) : segments;
    return placeOf(url.origin, old, below[0]);
  }
  const [name, project] = segments;
  if (url.hostname !== 'dev.azure.com' || name === undefined) return undefined;
  return placeOf(`${url.origin}/${name}`, name, project);
}

/** Segments that begin with `_` are pages: `/_settings`. */
function placeOf(organization: string, name: string, project: string | undefined): Place {
  return project === undefined || project.startsWith('_') ? { organization, name } : { organization, name, project };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function checkSame(field: string, given: unknown, inAddress: string | undefined): void {
  if (typeof given !== 'string' || inAddress === undefined) return;
  if (given.trim().toLowerCase() === inAddress.toLowerCase()) return;
  throw invalidArgument(
    `${field}: it is not the one in the address that was passed.`,
    `Pass the ${field} once, by its name.`,
  );
}
