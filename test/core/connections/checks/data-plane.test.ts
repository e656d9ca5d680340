import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/core/base/errors.ts';
import { dataPlaneCheck } from '../../../../src/core/connections/checks/data-plane.ts';
import type {
  LinkedService,
  LinkedServiceKind,
  LinkedServices,
  ProbeStage,
} from '../../../../src/core/linked-services/linked-service.ts';
import type { ConnectionScope } from '../../../../src/core/record/connection.ts';
import { failureOf } from '../support.ts';
import { type Script, scriptedAzure, subscription, subscriptionId } from './scripted-azure.ts';

const passed: readonly ProbeStage[] = (['token', 'discover', 'network', 'authorize'] as const).map((stage) => ({
  stage,
  status: 'pass',
  detail: 'Good.',
}));

function refused(status: 'fail' | 'warn'): readonly ProbeStage[] {
  const stage = { stage: 'authorize', status, detail: 'The role is missing.', code: 'X', hint: 'az …' } as const;
  return [...passed.slice(0, 3), stage];
}

function service(kind: LinkedServiceKind, name: string): LinkedService {
  return {
    service: kind,
    id: `${subscription}/resourceGroups/rg/providers/x/y/${name}`,
    name,
    resource_group: 'rg',
    subscription_id: subscriptionId,
    location: 'westeurope',
    endpoint: `https://${name}.lab.example`,
    properties: {},
  };
}

/** Services by kind and name, with the stages of their probes. */
type Found = Partial<Record<LinkedServiceKind, Readonly<Record<string, readonly ProbeStage[]>>>>;

function servicesOf(found: Found, probed: string[]): LinkedServices {
  return {
    async discover(_connection, kinds) {
      return kinds.flatMap((kind) => Object.keys(found[kind] ?? {}).map((name) => service(kind, name)));
    },
    async probe(_connection, one) {
      probed.push(one.name);
      const stages = found[one.service]?.[one.name] ?? [];
      const usable = stages.some(({ stage, status }) => stage === 'authorize' && status === 'pass');
      return { ...one, stages, usable };
    },
  };
}

async function check(scopes: readonly ConnectionScope[], found: Found, script: Script = {}) {
  const probed: string[] = [];
  const { context } = await scriptedAzure({
    linkedServices: servicesOf(found, probed),
    ...script,
    record: { scopes, ...script.record },
  });
  return { lines: await dataPlaneCheck.run(context), probed };
}

describe('one line per service', () => {
  test('a service that can be used passes', async () => {
    const { lines } = await check(['storage'], { blob: { good: passed } });
    expect(lines).toEqual([{ check: 'data_plane.blob.good', status: 'pass', detail: '`good` in `rg` can be used.' }]);
  });

  test('a missing role fails, with stage, code and the command', async () => {
    const { lines } = await check(['storage'], { blob: { poor: refused('fail') } });
    expect(lines).toEqual([
      {
        check: 'data_plane.blob.poor',
        status: 'fail',
        detail: '`poor` in `rg`, stage authorize: The role is missing. (`X`)',
        hint: 'az …',
      },
    ]);
  });

  test('a role that is not effective yet is a warning', async () => {
    expect((await check(['storage'], { blob: { fresh: refused('warn') } })).lines).toMatchObject([{ status: 'warn' }]);
  });

  test('beside one that can be used, others are warnings', async () => {
    const { lines } = await check(['storage'], { blob: { good: passed, poor: refused('fail') } });
    expect(lines.map(({ status }) => status)).toEqual(['pass', 'warn']);
  });

  test('a good service of one kind does not excuse those of another', async () => {
    const { lines } = await check(['storage', 'broker'], {
      blob: { good: passed },
      servicebus: { poor: refused('fail') },
    });
    expect(lines.map(({ status }) => status)).toEqual(['pass', 'fail']);
  });

  test('a service that could not be tried is skipped', async () => {
    const untried = [...passed.slice(0, 2), { stage: 'network', status: 'skip', detail: 'No server.' } as const];
    expect((await check(['database'], { postgresql: { db: untried } })).lines).toMatchObject([
      { status: 'skip', detail: expect.stringContaining('No server.') },
    ]);
  });

  test('a scope without a service says so', async () => {
    expect((await check(['vector'], {})).lines).toMatchObject([{ check: 'data_plane.azure-search', status: 'skip' }]);
  });
});

describe('bounds', () => {
  const many = (prefix: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, passed]));

  test('at most ten are probed, of every kind in turn, and the rest is told', async () => {
    const found = { blob: many('b', 30), servicebus: many('s', 2), 'azure-search': many('v', 1) };
    const { lines, probed } = await check(['storage', 'broker', 'vector'], found);
    expect(probed.toSorted()).toEqual(['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 's0', 's1', 'v0']);
    expect(lines.at(-1)).toMatchObject({
      check: 'data_plane',
      status: 'skip',
      detail: '23 more found and not probed: `b7`, `b8`, `b9`, `b10`, `b11`, ….',
    });
  });
});

describe('what ends it', () => {
  const failing = (error: Error): LinkedServices => ({
    discover: () => Promise.reject(error),
    probe: () => Promise.reject(error),
  });

  test('a failing discovery is a line', async () => {
    const linkedServices = failing(new AppError('permission_denied', 'No.', { hint: 'Do.' }));
    expect((await check(['storage'], {}, { linkedServices })).lines).toEqual([
      { check: 'data_plane', status: 'fail', detail: 'No.', hint: 'Do.' },
    ]);
  });

  test('a cancellation goes on upwards', async () => {
    const linkedServices = failing(new AppError('cancelled', 'x'));
    expect((await failureOf(check(['storage'], {}, { linkedServices }))).code).toBe('cancelled');
  });

  test.each([
    ['no token', { withoutToken: true }],
    ['no subscription', { record: { identity: {} } }],
  ] as const)('%s: skipped, nothing is looked for', async (_name, script) => {
    const { lines } = await check(['storage'], { blob: { good: passed } }, script);
    expect(lines).toMatchObject([{ check: 'data_plane', status: 'skip' }]);
  });

  test('does not arise for connections that only manage resources', async () => {
    expect((await check(['resources', 'ml'], {})).lines).toEqual([]);
  });
});
