import type { Lazy } from '../core/base/lazy.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';

/** The service, loaded by the first call that needs it. */
export function lazyConnectionService(service: Lazy<ConnectionService>): ConnectionService {
  return {
    list: async (caller) => (await service.get()).list(caller),
    get: async (name, caller) => (await service.get()).get(name, caller),
    create: async (input, caller) => (await service.get()).create(input, caller),
    complete: async (name, input, caller, call) => (await service.get()).complete(name, input, caller, call),
    validate: async (name, checks, caller, call) => (await service.get()).validate(name, checks, caller, call),
    convert: async (name, input, caller, call) => (await service.get()).convert(name, input, caller, call),
    provision: async (input, admin, caller, call) => (await service.get()).provision(input, admin, caller, call),
    resolveSecret: async (field, argument, call) => (await service.get()).resolveSecret(field, argument, call),
    remove: async (name, caller) => (await service.get()).remove(name, caller),
    close: async () => (await service.peek())?.close(),
  };
}
