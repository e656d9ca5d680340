import { auditLicenses } from './prompts/audit-licenses.ts';
import type { PromptDefinition } from './prompts/define-prompt.ts';
import { explainFailure } from './prompts/explain-failure.ts';
import { migrateToFederation } from './prompts/migrate-to-federation.ts';
import { onboardTenant } from './prompts/onboard-tenant.ts';

/** In the order in which clients see them. */
export const prompts: readonly PromptDefinition[] = [onboardTenant, auditLicenses, migrateToFederation, explainFailure];
