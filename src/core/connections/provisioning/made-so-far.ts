import { AppError, endedBy } from '../../base/errors.ts';
import type { ProvisionResult } from '../connection-service.ts';

type Part = Omit<ProvisionResult, 'record'>;

/** What exists by now, whoever made it. Grows while a provisioning goes on. */
export interface MadeSoFar {
  readonly connection: string;
  application?: Part['application'];
  service_principal?: Part['service_principal'];
  credential?: Part['credential'];
  readonly role_assignments: Part['role_assignments'][number][];
}

/** A failure half-way, with everything that exists and how to go on or to give up. */
export function interrupted(error: unknown, made: MadeSoFar, signal: AbortSignal): unknown {
  const failure = endedBy(error, signal);
  if (!(failure instanceof AppError)) return failure;
  return failure.with({
    message: `${sentence(failure.message)} ${listed(made)}`,
    hint: nextStep(failure.hint),
    detail: { exists: made, to_remove: removal(made) },
  });
}

function nextStep(hint: string | undefined): string {
  const call = 'call provision_connection again with the same arguments: it goes on from here and makes nothing twice.';
  return hint === undefined ? `To finish it, ${call}` : `${sentence(hint)} Then ${call}`;
}

function listed({ connection, application, service_principal, credential, role_assignments }: MadeSoFar): string {
  const parts = [
    `the connection ${connection}`,
    ...(application === undefined ? [] : [`the app ${application.client_id}`]),
    ...(service_principal === undefined ? [] : [`its principal ${service_principal.object_id}`]),
    ...role_assignments.map(({ role, scope }) => `${role} at ${scope}`),
    ...(credential === undefined ? [] : [`the ${credential.kind} ${credential.name}`]),
  ];
  return `Made so far: ${parts.join(', ')}.`;
}

/** In the order in which things are to be removed: assignments of an app that is gone stay behind. */
function removal({ connection, application, role_assignments }: MadeSoFar): readonly string[] {
  return [
    ...role_assignments.map(({ id }) => `arm_write DELETE ${id}`),
    ...(application === undefined ? [] : [`graph_write DELETE /applications/${application.object_id}`]),
    `delete_connection ${connection}`,
  ];
}

function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
