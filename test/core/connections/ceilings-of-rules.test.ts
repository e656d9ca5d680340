import { describe, expect, test } from 'vitest';
import { asksPerson, free, identity, secrets, setUp } from './ceilings-support.ts';
import { me } from './service-support.ts';
import { failureOf } from './support.ts';

describe('rules for a stored connection by name', () => {
  const policy = {
    ...free,
    connections: { bound: { deny: [{ service: 'graph', path: '/applications/**' }] } },
  } as const;

  test('do not fall away because its identity has another name as well', async () => {
    const { agent, person, approvals } = setUp(policy);
    await person.make({ name: 'bound' });
    expect(await failureOf(agent.make({ name: 'unbound' }))).toMatchObject(asksPerson);
    expect((await approvals.list(me.id))[0]?.details).toContain(
      'rules: policy.connections binds this identity as `bound`, and not as this one',
    );
    await agent.make(
      { name: 'elsewhere' },
      { ...identity, client_id: '00000000-0000-4000-8000-00000000ffff', secrets },
    );
  });

  test('nor because it is removed first', async () => {
    const { agent, person, service } = setUp(policy);
    await person.make({ name: 'bound' });
    await person.make({ name: 'plain' }, { ...identity, client_id: '00000000-0000-4000-8000-00000000ffff', secrets });
    expect(await failureOf(agent.remove('bound'))).toMatchObject(asksPerson);
    expect(await service.find('bound', me)).toBeDefined();
    await agent.remove('plain');
    await person.sayYes();
    await agent.remove('bound');
    expect(await service.find('bound', me)).toBeUndefined();
  });
});
