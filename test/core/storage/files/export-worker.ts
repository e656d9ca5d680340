import { createFileExportFolder } from '../../../../src/core/storage/files/file-export-folder.ts';

// A process that saves into a folder: directory, name, what to do, how many bytes.
const [directory = '', stem = '', manner = 'finish', bytes = '10'] = process.argv.slice(2);
const file = await createFileExportFolder({ directory }).create({ stem, format: 'csv' });
try {
  for (let left = Number(bytes); left > 0; left -= 1_000) await file.write('x'.repeat(Math.min(left, 1_000)));
  if (manner === 'finish') process.stdout.write(await file.finish());
  // Ends like a process that is killed: nothing of it is tidied up.
  if (manner === 'die') process.kill(process.pid, 'SIGKILL');
} catch (error) {
  process.stdout.write(error instanceof Error ? `${'code' in error ? error.code : ''} ${error.message}` : 'unknown');
  await file.discard();
}
