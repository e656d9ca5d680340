import { shortText } from '../params.ts';

/** Azure DevOps organization; that of the connection when absent. */
export const organization = shortText(300);

/** Name or id of an Azure DevOps project; not to be taken for the projection of the query tools. */
export const project = shortText(64);

/** Id or name of a service connection. */
export const serviceConnection = shortText(300);
