import { shortText } from '../params.ts';

/** Azure DevOps organization. */
export const organization = shortText(300).describe('Default: that of the connection.');

/** Azure DevOps project; not to be taken for the projection of the query tools. */
export const project = shortText(64).describe('Name or id of the Azure DevOps project.');

/** A service connection. */
export const serviceConnection = shortText(300).describe('Id or name.');
