import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuditEntry, AuditLog, Storage } from '../../../src/core/storage/storage.ts';

export function auditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: Date.UTC(2026, 10, 20, 10),
    caller: 'local',
    connection: 'contoso',
    tool: 'graph_write',
    actor: 'agent',
    channel: 'stdio',
    requests: [{ service: 'graph', method: 'PATCH', path: '/users/{id}' }],
    targetIds: ['ada@contoso.example'],
    outcome: 'success',
    requestId: 'r1',
    ...change,
  };
}

/** Everything in a log, look by look. */
export async function readAll(log: AuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let position: string | undefined;
  for (;;) {
    const part = await log.read(position);
    if (part.position === position) return entries;
    entries.push(...part.entries);
    position = part.position;
  }
}

/** What the audit log of every storage does. `openStorage` gives a new, empty one. */
export function auditContract(name: string, openStorage: () => Storage): void {
  const open = (): AuditLog => {
    const storage = openStorage();
    onTestFinished(() => storage.close());
    if (storage.audit === undefined) throw new Error('The storage has no audit log.');
    return storage.audit;
  };

  describe(`${name} as audit log`, () => {
    test('is empty at first, and gives back what was appended, oldest first', async () => {
      const log = open();
      expect(await readAll(log)).toEqual([]);
      const entries = [auditEntry(), auditEntry({ outcome: 'refused', targetIds: [] })];
      for (const entry of entries) await log.append(entry);
      expect(await readAll(log)).toEqual(entries);
    });

    test('goes on from a position', async () => {
      const log = open();
      await log.append(auditEntry({ tool: 'first' }));
      const { position } = await log.read();
      expect((await log.read(position)).entries).toEqual([]);
      await log.append(auditEntry({ tool: 'second' }));
      expect((await log.read(position)).entries.map(({ tool }) => tool)).toEqual(['second']);
    });

    test('loses nothing of many that come at once', async () => {
      const log = open();
      const tools = Array.from({ length: 300 }, (_, index) => `tool_${index}`);
      await Promise.all(tools.map((tool) => log.append(auditEntry({ tool }))));
      expect((await readAll(log)).map(({ tool }) => tool)).toEqual(tools);
    });
  });
}
