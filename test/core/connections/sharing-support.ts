import { type Authority, operatorAt } from '../../../src/core/base/authority.ts';
import { Caller, localCaller } from '../../../src/core/base/caller.ts';
import type { ConnectionServiceOptions, CreateConnection } from '../../../src/core/connections/connection-service.ts';
import type { Grant } from '../../../src/core/record/sharing.ts';
import { testCall } from '../../support/call.ts';
import { inline, setUpService } from './service-support.ts';

export const tenant = '11111111-1111-4111-8111-111111111111';
export const team = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
const idOf = (letter: string) => `${letter.repeat(8)}-aaaa-4aaa-8aaa-${letter.repeat(12)}`;

/** Somebody who has signed in; the letter makes their id. */
export function person(letter: string, groups: readonly string[] = []): Caller {
  return new Caller({ id: `${tenant}/${idOf(letter)}`, groups });
}

export const [ada, bob, eve] = [person('a'), person('b', [team]), person('e')];
export const everyone = { everyone: true, access: 'read' } as const;
export const toBob = { user: idOf('b'), access: 'write' } as const;
export const toTeam = { group: team, access: 'write' } as const;

/** A call of an agent that nobody can be asked for: what needs a yes is refused. */
export function agentCall() {
  const refuse = () => Promise.reject(new Error('A person would be asked.'));
  const authority: Authority = { actor: 'agent', channel: 'http', requireYes: refuse, showPage: async () => false };
  return testCall({ authority });
}

/** A service with connections of several owners. */
export function setUpSharing(overrides: Partial<ConnectionServiceOptions> = {}) {
  const setup = setUpService(overrides);
  const call = testCall({ authority: operatorAt('terminal') });
  return {
    ...setup,
    call,
    /** A complete connection that writes, shared with whom the grants name. */
    async make(owner: Caller, name: string, grants: readonly Grant[] = [], input: Partial<CreateConnection> = {}) {
      await setup.service.create({ name, access: 'read_write', ...input }, owner, call);
      const record = await setup.service.complete(name, inline(`secret of ${owner.id} for ${name}`), owner, call);
      return grants.length === 0 ? record : setup.service.share(name, { add: grants }, owner, call);
    },
    share: (owner: Caller, name: string, grants: readonly Grant[]) =>
      setup.service.share(name, { add: grants }, owner, call),
    unshare: (owner: Caller, name: string, grants: readonly Grant[]) =>
      setup.service.share(name, { remove: grants.map(({ access: _access, ...subject }) => subject) }, owner, call),
    names: async (caller: Caller) => (await setup.service.list(caller)).map(({ name }) => name),
  };
}

export { localCaller };
