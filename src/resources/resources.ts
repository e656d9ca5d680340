import { checklistResource, connectionResource, connectionsResource, limitsResource } from './connection-resources.ts';
import type { FixedResource, TemplateResource } from './define-resource.ts';
import { referenceResource } from './reference.ts';
import { resultResource, tableResource } from './stored-results.ts';

export const fixedResources: readonly FixedResource[] = [connectionsResource];
export const templateResources: readonly TemplateResource[] = [
  connectionResource,
  checklistResource,
  resultResource,
  tableResource,
  limitsResource,
  referenceResource,
];
