import { localCaller } from '../../core/base/caller.ts';
import { shownText } from '../../core/base/clean-text.ts';
import type { Checklist, ChecklistStep } from '../../core/connections/checklist/checklist.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { formatOf, type OutputFlags } from '../output/output-format.ts';
import { showList } from '../output/show-list.ts';
import { startTenantry } from '../start-tenantry.ts';
import { within } from '../until.ts';

/** `tenantry connections checklist`: words on a terminal, the same as the resource `tenantry://checklist/{name}` elsewhere. */
export async function runChecklist(name: string, flags: CommonFlags & OutputFlags): Promise<number> {
  const tenantry = await startTenantry(flags);
  try {
    if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
    const { buildChecklist } = await import('../../core/connections/checklist/build-checklist.ts');
    const checklist = buildChecklist(await tenantry.runtime.connections.get(name, localCaller));
    const text = await showList(formatOf(flags), {
      items: checklist.steps,
      json: checklist,
      table: () => shownText(formatChecklist(checklist)),
    });
    process.stdout.write(`${text}\n`);
    return exitCodes.success;
  } finally {
    await within(2_000, tenantry.close());
  }
}

const marks: Readonly<Record<ChecklistStep['state'], string>> = {
  done: '[x]',
  open: '[ ]',
  attention: '[!]',
  unchecked: '[?]',
};

/** The checklist for reading; commands stand on lines of their own, ready to be copied. */
export function formatChecklist({ connection, status, health, done, open, steps }: Checklist): string {
  const head = `${connection}: ${status}, ${health}; ${done} of ${done + open} steps done`;
  return [head, ...steps.map(formatStep), '[x] done  [ ] to do  [!] look at it  [?] not checked yet'].join('\n\n');
}

function formatStep({ title, state, detail, how, portal, commands = [] }: ChecklistStep): string {
  return [
    `${marks[state]} ${title}`,
    ...(detail === undefined ? [] : [`    ${detail}`]),
    ...(portal === undefined ? [] : [`    Portal: ${portal}`]),
    ...commands.map((command) => `      ${command}`),
    ...(how === undefined ? [] : [`    ${how}`]),
  ].join('\n');
}
