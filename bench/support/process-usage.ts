import { readFileSync } from 'node:fs';

/** Most memory that the process held at any moment so far, in MiB. Linux only; elsewhere NaN, shown as `n/a`. */
export function peakMemoryMib(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1];
  return kib === undefined ? Number.NaN : Number(kib) / 1024;
}

/** CPU time that the process has used so far, in milliseconds. Linux only; elsewhere NaN. */
export function cpuTimeMs(pid: number): number {
  // The name in parentheses may hold spaces; what follows it does not. User and system time are fields 14 and 15.
  const fields = readProc(pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const ticksPerSecond = 100;
  return (ticks / ticksPerSecond) * 1_000;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
