/** What the message of a refusal names. */
export interface Refusal {
  readonly client: string | undefined;
  readonly objectId: string | undefined;
  readonly action: string | undefined;
  readonly scope: string | undefined;
}

/**
 * The parts that the message of an `AuthorizationFailed` names, as it has them.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
 */
export function readRefusal(message: string): Refusal {
  const objectId = /object id '([^']+)'/i.exec(message)?.[1];
  const client = /client '([^']+)'/i.exec(message)?.[1];
  // A refusal at a linked scope also names an action that the principal has.
  const action =
    /not have (?:authorization|permission) to perform action(?:\(s\))? '([^']+)'/i.exec(message)?.[1] ??
    /perform action\(?s?\)? '([^']+)'/i.exec(message)?.[1];
  const scope = /(?:over scope|on the linked scope\(s\)|over scope\(s\)) '([^']+)'/i.exec(message)?.[1];
  return { client, objectId, action, scope };
}
