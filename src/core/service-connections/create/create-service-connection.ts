import type { CallContext } from '../../call-context.ts';
import { AppError } from '../../errors.ts';
import type { CreateServiceConnection, ServiceConnection } from '../service-connection.ts';
import type { ServiceConnectionParts } from '../service-connection-parts.ts';

/** Makes a service connection. */
export async function createServiceConnection(
  input: CreateServiceConnection,
  _parts: ServiceConnectionParts,
  _call: CallContext,
): Promise<ServiceConnection> {
  throw new AppError('unsupported', `${input.name} cannot be made yet.`);
}
