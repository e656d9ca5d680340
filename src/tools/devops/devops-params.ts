import { shortText } from '../params.ts';

/** Where service connections are. Without `organization` it is the connection's; `project` is a name or an id. */
export const projectParams = {
  organization: shortText(300).optional().describe('Default that of connection.'),
  project: shortText(64).describe('Name or id.'),
};

/** Id or name of a service connection. */
export const serviceConnection = shortText(300);
