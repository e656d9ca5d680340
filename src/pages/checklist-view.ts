import type { Checklist, ChecklistStep } from '../core/connections/checklist/checklist.ts';
import { supplyHow } from '../core/connections/checklist/identity-steps.ts';
import { type Html, html } from './html.ts';

/** States of the steps of a checklist, in words. */
export const stateWords: Readonly<Record<ChecklistStep['state'], string>> = {
  done: 'Done',
  open: 'To do',
  attention: 'Look at it',
  unchecked: 'Not checked yet',
};

/** The set-up checklist beside the form: what is done, and the commands for the rest. */
export function renderChecklist({ connection, steps: all }: Checklist): Html {
  // Here is the page that the words speak of.
  const here = supplyHow(connection);
  const steps = all.map((step) => (step.how === here ? { ...step, how: 'Then enter it here.' } : step));
  const first = steps.findIndex(({ state }) => state === 'open' || state === 'attention');
  return html`<section class="card checklist" aria-labelledby="checklist-title">
<h2 id="checklist-title">Set-up checklist</h2>
<p class="quiet">What an administrator does once, in the Azure portal or with the Azure CLI.</p>
<ol>${steps.map((step, index) => renderStep(step, index, index === first))}</ol>
</section>`;
}

function renderStep(
  { step, title, state, detail, how, portal, commands = [] }: ChecklistStep,
  at: number,
  isNext: boolean,
): Html {
  const hasMore = [detail, how, portal, ...commands].some((one) => one !== undefined);
  const head = html`<span class="head"><span class="state ${state}" data-step="${step}">${stateWords[state]}</span><span class="step">${title}</span></span>`;
  if (!hasMore) return html`<li><div class="plain">${head}</div></li>`;
  return html`<li><details ${isNext && html`open`}><summary>${head}</summary>
${detail !== undefined && html`<p>${detail}</p>`}
${portal !== undefined && html`<p class="portal"><span class="quiet">Portal:</span> ${portal}</p>`}
${commands.map((command, index) => renderCommand(command, `command-${at}-${index}`))}
${how !== undefined && html`<p>${how}</p>`}
</details></li>`;
}

function renderCommand(command: string, id: string): Html {
  // Lines break between words, not inside an option.
  const words = command.split(' ').map((word, index) => {
    const shown = word.length < 28 ? html`<span class="whole">${word}</span>` : html`${word}`;
    return index === 0 ? shown : html` ${shown}`;
  });
  return html`<div class="command"><pre><code id="${id}">${words}</code></pre>
<button type="button" class="copy" data-copy="${id}">Copy<span class="unseen"> the command ${command}</span></button></div>`;
}
