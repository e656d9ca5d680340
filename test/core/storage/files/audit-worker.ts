import { FileAuditLog } from '../../../../src/core/storage/files/file-audit-log.ts';

// A process that writes into an audit log which others write into: directory, name, how many lines.
const [directory = '', name = '', count = '0'] = process.argv.slice(2);
const log = new FileAuditLog({ directory, maxBytes: 4_000, keep: 1_000, gatherMs: 0 });
for (let line = 0; line < Number(count); line += 1) {
  await log.append({
    at: 0,
    caller: name,
    tool: `line_${line}`,
    actor: 'agent',
    channel: 'stdio',
    requests: [],
    targetIds: ['x'.repeat(line % 200)],
    outcome: 'success',
  });
}
await log.close();
