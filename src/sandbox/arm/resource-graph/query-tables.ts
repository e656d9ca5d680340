/** Tables with their columns. Source: "Azure Resource Graph table and resource type reference". */
export const tableColumns: Readonly<Record<string, readonly string[]>> = {
  resources: [
    'id',
    'name',
    'type',
    'tenantId',
    'kind',
    'location',
    'resourceGroup',
    'subscriptionId',
    'managedBy',
    'sku',
    'plan',
    'properties',
    'tags',
    'identity',
    'zones',
    'extendedLocation',
  ],
  resourcecontainers: [
    'id',
    'name',
    'type',
    'tenantId',
    'kind',
    'location',
    'resourceGroup',
    'subscriptionId',
    'managedBy',
    'sku',
    'plan',
    'properties',
    'tags',
    'identity',
    'zones',
    'extendedLocation',
  ],
  authorizationresources: [
    'id',
    'name',
    'type',
    'tenantId',
    'location',
    'resourceGroup',
    'subscriptionId',
    'properties',
  ],
};

/** Tables that Resource Graph has and the sandbox has not. */
export const otherTables =
  /^(advisor|alertsmanagement|chaos|compute|extensibility|guestconfiguration|health|insights|iot|kubernetesconfiguration|maintenance|networking|patch(assessment|installation)|policy|recoveryservices|resource(container)?changes|security|servicehealth|spot|support)/;
