import { invalidArgument } from '../../base/errors.ts';
import { isPlainLine } from '../../base/plain-text.ts';
import { encodeValue } from '../../http/url-text.ts';

const publicRoot = 'https://dev.azure.com';

const organizationHint =
  'Use its name as in https://dev.azure.com/{organization}: letters, digits and dashes, at most 50.';

/** Rules: https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions */
const organizationPattern = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/;

/** What the name of a project cannot have; most of it would also mean something in an address. */
const notInProjects = /[\\/:~&%;@'"?<>|#$*}{,+=[\]]/;

/**
 * Name of an organization, also from its address in the same cloud: `https://dev.azure.com/{name}`, or
 * `https://{name}.visualstudio.com`, which is the older form of the public cloud. Throws `invalid_argument`.
 */
export function readOrganization(given: string, root: string): string {
  const text = given.trim();
  const name = /^https?:/i.test(text) ? nameInAddress(text, root) : text;
  if (name === undefined) {
    throw invalidArgument('The address is none of an organization in the cloud of the connection.', organizationHint);
  }
  if (!organizationPattern.test(name)) {
    throw invalidArgument('The name of the organization is not valid.', organizationHint);
  }
  return name;
}

function nameInAddress(text: string, root: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  const old = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(url.host)?.[1];
  if (old !== undefined) {
    return root === publicRoot && url.protocol === 'https:' && url.pathname === '/' ? old : undefined;
  }
  const address = `${url.origin}${url.pathname}`.replace(/\/$/, '');
  return address.startsWith(`${root}/`) ? address.slice(root.length + 1) : undefined;
}

/** Throws `invalid_argument` for what cannot be the name or the id of a project. */
function checkProject(project: string): void {
  const isNamed = project.trim() !== '' && !/^\.+$/.test(project) && project.length <= 64;
  if (!isNamed || notInProjects.test(project) || !isPlainLine(project)) {
    throw invalidArgument(
      'The name of the project is not valid.',
      'Use the name or the id of the project alone: at most 64 characters, and none of \\ / : * ? " < > | # % & and their kin.',
    );
  }
}

/** Path of a route in an organization and, where it is given, a project: each is one segment, whatever is in it. */
export function devopsPath(organization: string, project: string | undefined, route: string): string {
  if (project !== undefined) checkProject(project);
  if (!/^\/_[a-z]+\//i.test(route)) {
    throw invalidArgument('The address is none that Azure DevOps has.', 'Use a route such as /_apis/projects.');
  }
  return `/${encodeValue(organization)}${project === undefined ? '' : `/${encodeValue(project.trim())}`}${route}`;
}
