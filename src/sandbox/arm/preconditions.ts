import type { ArmCall } from './arm-call.ts';
import { ArmError, notFound } from './arm-error.ts';
import type { ArmResource } from './arm-records.ts';

/** Checks `If-Match` and `If-None-Match`. Source: Azure/azure-resource-manager-rpc, "Concurrency". */
export function checkPreconditions(call: ArmCall, existing: ArmResource | undefined): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = call.request.headers;
  if (ifNoneMatch === '*' && existing) throw failed('The resource already exists.');
  if (ifMatch === undefined) return;
  if (!existing) {
    if (call.method === 'PATCH') throw notFound('ResourceNotFound', `The Resource '${call.path}' was not found.`);
    throw failed('The resource does not exist.');
  }
  if (ifMatch !== '*' && ifMatch !== existing.etag) {
    throw failed(
      `The condition '${ifMatch}' in the If-Match header was not satisfied. The current etag is '${existing.etag}'.`,
    );
  }
}

function failed(message: string): ArmError {
  return new ArmError(412, 'PreconditionFailed', message);
}
