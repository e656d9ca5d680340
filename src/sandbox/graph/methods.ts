import { isDrivePath } from './drive/drive-path.ts';
import { GraphError } from './graph-error.ts';
import { betaOperations } from './model/navigation.ts';
import type { ParsedGraphPath } from './parsed-path.ts';

/** Sets and relationships that are computed or that other services write: they have no POST, PATCH or DELETE. */
const readOnly: readonly string[] =
  'auditLogs reports subscribedSkus licenseDetails createdObjects directReports ownedDevices ownedObjects registeredDevices transitiveManagers transitiveMemberOf transitiveMembers transitiveReports membersWithLicenseErrors'.split(
    ' ',
  );

/** Functions, which are read with GET; every other operation is an action. */
const functions: readonly string[] = ['delta'];

/**
 * Throws the 405 for a method that the addressed thing cannot have, whatever the sandbox models: a collection is not
 * changed as a whole, an object is not created at its own address, an action is a POST and a function a GET, and v1.0 has
 * no operation of the beta version. Source: OData 4.01 protocol, "Data Modification"; the message stands in "Combine multiple requests using JSON batching".
 */
export function checkMethod(parsed: ParsedGraphPath, method: string): void {
  if (isDrivePath(parsed) || !parsed.isModelled || isAllowed(parsed, method)) return;
  throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
}

function isAllowed(parsed: ParsedGraphPath, method: string): boolean {
  const { operation, names, suffix, isCollection, property, keys } = parsed;
  const isRead = method === 'GET' || method === 'HEAD';
  if (operation !== undefined) {
    if (betaOperations.includes(operation) && parsed.version !== 'beta') return false;
    return functions.includes(operation) ? isRead : method === 'POST';
  }
  if (isRead) return true;
  if (suffix === '$count' || names.some((name) => readOnly.includes(name))) return false;
  // References and streams have rules of their own.
  if (suffix !== undefined || property !== undefined || names.at(-1) === 'photo') return true;
  if (isCollection) return method === 'POST';
  return method === 'PATCH' || method === 'DELETE' || (method === 'PUT' && keys.length > 1);
}
