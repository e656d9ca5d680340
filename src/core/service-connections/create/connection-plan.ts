import type {
  AzureEnvironment,
  ServiceConnectionCredential,
  ServiceConnectionScheme,
  ServiceConnectionTarget,
} from '../service-connection.ts';

/** A request whose parts fit together; nothing has been sent for it yet. */
export interface ConnectionPlan {
  readonly name: string;
  readonly description: string;
  readonly scheme: ServiceConnectionScheme;
  readonly credential: ServiceConnectionCredential;
  readonly target: ServiceConnectionTarget;
  readonly environment: AzureEnvironment;
  /** Azure Resource Manager of the environment. */
  readonly url: string;
  /** As the caller gave it. */
  readonly tenantId: string | undefined;
  /** Whether Microsoft Graph and Azure Resource Manager of our connection are those of the environment. */
  readonly isOwnCloud: boolean;
  readonly serviceManagementReference: string | undefined;
  readonly grantAllPipelines: boolean;
  readonly verify: boolean;
}

/** Which identity the service connection gets, as far as it is known before the service is asked. */
export interface PlannedIdentity {
  readonly tenantId: string;
  /** Absent where Azure DevOps makes the app, and where there is none. */
  readonly clientId?: string;
  /** Azure DevOps makes the app, its credential and its role. */
  readonly isAutomatic: boolean;
}

/** ARM scope of a target: where its roles are. */
export function scopeOf(target: ServiceConnectionTarget): string {
  switch (target.level) {
    case 'Subscription': {
      const { subscriptionId, resourceGroup } = target;
      const below = resourceGroup === undefined ? '' : `/resourceGroups/${resourceGroup}`;
      return `/subscriptions/${subscriptionId}${below}`;
    }
    case 'ManagementGroup':
      return `/providers/Microsoft.Management/managementGroups/${target.managementGroupId}`;
    case 'AzureMLWorkspace': {
      const { subscriptionId, resourceGroup, workspaceName } = target;
      return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspaceName}`;
    }
  }
}
