import type { ConnectionScope } from '../../record/connection.ts';
import type { CheckGroup } from '../self-check.ts';
import { armChecks } from './arm-checks.ts';
import { dataPlaneGroups } from './data-plane-checks.ts';
import { devopsChecks } from './devops-checks.ts';
import { graphAdvancedChecks } from './graph-advanced.ts';
import { graphPagingChecks, graphRefusalChecks } from './graph-refusals.ts';
import { graphShapeChecks } from './graph-shapes.ts';
import { mlChecks } from './ml-checks.ts';
import { withPlannedCost } from './planned-cost.ts';
import { resourceGraphChecks } from './resource-graph-checks.ts';

/** Scopes that are about resources of Azure. */
const azure: readonly ConnectionScope[] = ['resources', 'storage', 'broker', 'database', 'graph', 'vector', 'ml'];

/** Every check, by the scopes that ask for it. Later ones use what earlier ones found. */
export const checkGroups: readonly CheckGroup[] = [
  {
    scopes: ['directory'],
    checks: [...graphShapeChecks, ...graphPagingChecks, ...graphRefusalChecks, ...graphAdvancedChecks].map(
      withPlannedCost,
    ),
  },
  { scopes: azure, checks: armChecks },
  { scopes: azure, checks: resourceGraphChecks },
  ...dataPlaneGroups,
  { scopes: ['ml'], checks: mlChecks },
  { scopes: ['devops'], checks: devopsChecks },
];
