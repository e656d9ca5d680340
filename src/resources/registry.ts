import { checklistResource } from './checklist.ts';
import { connectionResource } from './connection.ts';
import { connectionsResource } from './connections.ts';
import type { FixedResource, TemplateResource } from './define-resource.ts';
import { limitsResource } from './limits.ts';
import { referenceResource } from './reference.ts';
import { resultResource } from './result.ts';

export const fixedResources: readonly FixedResource[] = [connectionsResource];
export const templateResources: readonly TemplateResource[] = [
  connectionResource,
  checklistResource,
  resultResource,
  limitsResource,
  referenceResource,
];
