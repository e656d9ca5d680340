import type { AgentTask } from './agent-task.ts';
import { appsWithoutOwner, expiringSecrets, mailSenders } from './tasks/apps.ts';
import { contributors, openStorage, taggingGroup, untaggedResources, unusableStorage } from './tasks/azure.ts';
import { federating, rotation, workspaceConnection } from './tasks/connections.ts';
import { exportOfUsers, globalAdministrators, kindsOfGroups, sleepingGuests, staleDevices } from './tasks/directory.ts';
import { groupLicences, seatsLeft, wastedLicences } from './tasks/licences.ts';
import { changes, leaving, onboarding, restoring } from './tasks/lifecycle.ts';
import { invoices } from './tasks/mail.ts';
import { administratorsWithoutMfa, failedSignIns } from './tasks/security.ts';
import { administratorsOfTenants, countsOfTenants } from './tasks/tenants.ts';

/** What administrators ask for, in the order of the table. */
export const agentTasks: readonly AgentTask[] = [
  sleepingGuests,
  exportOfUsers,
  kindsOfGroups,
  globalAdministrators,
  administratorsOfTenants,
  countsOfTenants,
  staleDevices,
  failedSignIns,
  administratorsWithoutMfa,
  onboarding,
  leaving,
  restoring,
  changes,
  seatsLeft,
  wastedLicences,
  groupLicences,
  appsWithoutOwner,
  expiringSecrets,
  mailSenders,
  invoices,
  contributors,
  untaggedResources,
  openStorage,
  taggingGroup,
  unusableStorage,
  rotation,
  federating,
  workspaceConnection,
];
