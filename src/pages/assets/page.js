// The script of every one-time page: sends the form without leaving anything of it behind, and shows what comes of it.

const { page, token, answers, last } = document.body.dataset;
const byId = (id) => document.getElementById(id);

/** Tells people who do not see the page. */
function announce(text) {
  const place = byId('announce');
  if (place) place.textContent = text;
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Copy buttons.
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    const source = byId(button.dataset.copy);
    const label = button.firstChild;
    try {
      await navigator.clipboard.writeText(source.textContent);
      announce('Copied.');
      label.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(source);
      announce('Selected. Copy it with the keyboard.');
      label.textContent = 'Selected';
    }
    setTimeout(() => {
      label.textContent = 'Copy';
    }, 2000);
  });
}

// A secret is shown only while the person wants to see it.
function conceal(button) {
  const input = byId(button.dataset.reveal);
  input.type = 'password';
  button.setAttribute('aria-pressed', 'false');
  button.firstChild.textContent = 'Show';
}
for (const button of document.querySelectorAll('[data-reveal]')) {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-pressed') === 'true') {
      conceal(button);
    } else {
      byId(button.dataset.reveal).type = 'text';
      button.setAttribute('aria-pressed', 'true');
      button.firstChild.textContent = 'Hide';
    }
  });
}

/** A certificate in binary form as base64; undefined for anything else. */
function base64OfDer(bytes) {
  const isDer = bytes[0] === 0x30 && bytes[1] >= 0x80;
  return isDer ? btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), '')) : undefined;
}

// A chosen file is read here, and goes into the field. A .pfx file is binary, so the field has it in base64.
for (const chooser of document.querySelectorAll('input[type=file]')) {
  chooser.addEventListener('change', async () => {
    const [file] = chooser.files;
    const { into } = chooser.dataset;
    if (!file) return;
    clearProblem(into);
    // In base64 it grows by a third, and 64 KiB is the most that is taken.
    const bytes = new Uint8Array(file.size > 49152 ? 0 : await file.arrayBuffer());
    const text = base64OfDer(bytes) ?? new TextDecoder().decode(bytes);
    if (text.includes('-----BEGIN') || base64OfDer(bytes)) {
      byId(into).value = text;
      announce(`${file.name} was read.`);
    } else {
      showProblem({
        field: into,
        message: `${file.name} is no certificate with its key.`,
        hint: 'Choose a .pem or .pfx file of at most 48 KB.',
      });
      byId(into).focus();
    }
    chooser.value = '';
  });
}

// Problems: at the field, and in a list above that leads to the fields.
function showProblem({ field, message, hint }) {
  const place = field && byId(`${field}-problem`);
  if (!place) return;
  place.textContent = hint ? `${message} ${hint}` : message;
  place.hidden = false;
  byId(field).setAttribute('aria-invalid', 'true');
}

function clearProblem(field) {
  const place = byId(`${field}-problem`);
  if (!place) return;
  place.hidden = true;
  place.textContent = '';
  byId(field).removeAttribute('aria-invalid');
}

function clearProblems() {
  for (const { dataset } of document.querySelectorAll('[data-field]')) clearProblem(dataset.field);
  const summary = byId('summary');
  if (summary) summary.hidden = true;
}

function showProblems(problems) {
  const summary = byId('summary');
  const list = summary.querySelector('ul');
  list.replaceChildren();
  for (const problem of problems) {
    showProblem(problem);
    const item = element('li');
    const text = problem.hint ? `${problem.message} ${problem.hint}` : problem.message;
    const input = problem.field && byId(problem.field);
    if (input) {
      const link = element('a', text);
      link.href = `#${problem.field}`;
      link.addEventListener('click', (event) => {
        event.preventDefault();
        input.focus();
      });
      item.append(link);
    } else {
      item.textContent = text;
    }
    list.append(item);
  }
  summary.hidden = false;
  summary.focus();
}

/** Empties every field that holds, or held, a secret. */
function forgetSecrets() {
  for (const input of document.querySelectorAll('[data-secret]')) input.value = '';
  for (const button of document.querySelectorAll('[data-reveal]')) conceal(button);
}

async function send(action, values) {
  const answer = await fetch(`${page}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, values }),
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
  });
  // Pages at a public address are told what comes of a form in the answer to it.
  if (answer.headers.get('content-type')?.startsWith('application/x-ndjson')) {
    showEvents(answer).catch(lock);
    return [];
  }
  const { problems, message } = await answer.json();
  return problems ?? [{ message }];
}

async function trySend(action, values) {
  try {
    return await send(action, values);
  } catch {
    return [{ message: 'Tenantry does not answer any more.', hint: 'Ask for a new page where you came from.' }];
  }
}

const form = byId('form');
const submit = form?.querySelector('[type=submit]');
form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (submit.disabled) return;
  clearProblems();
  const values = {};
  for (const input of form.querySelectorAll('[name]')) values[input.name] = input.value;
  const empty = [...form.querySelectorAll('[required]')].filter(({ value }) => value.trim() === '');
  if (empty.length > 0) {
    showProblems(
      empty.map(({ name }) => ({
        field: name,
        message: `${form.querySelector(`label[for="${name}"]`).textContent} is missing.`,
      })),
    );
    return;
  }
  forgetSecrets();
  submit.disabled = true;
  announce('Sent.');
  const problems = await trySend('complete', values);
  submit.disabled = false;
  if (problems.length > 0) showProblems(problems);
});

const again = byId('again');
again?.addEventListener('click', async () => {
  again.hidden = true;
  clearProblems();
  const problems = await trySend('check', {});
  if (problems.length > 0) {
    again.hidden = false;
    showProblems(problems);
  }
});

// What happens on the other side, line by line.
const words = { pass: 'Passed', warn: 'Warning', fail: 'Failed', skip: 'Skipped' };

/** A paragraph where commands and names stand between backticks. */
function paragraph(text, className) {
  const made = element('p', undefined, className);
  made.append(...text.split('`').map((part, index) => (index % 2 === 1 ? element('code', part) : part)));
  return made;
}

function showLine({ check, status, detail, hint }) {
  const item = element('li', undefined, status);
  const head = element('p');
  head.append(element('span', words[status], 'state'), ' ', element('code', check));
  item.append(head, paragraph(detail));
  if (hint) item.append(paragraph(hint, 'hint'));
  byId('lines').append(item);
}

function showStep({ step, state, words: text }) {
  const place = document.querySelector(`[data-step="${CSS.escape(step)}"]`);
  if (!place) return;
  place.textContent = text;
  place.className = `state ${state}`;
  if (state !== 'done') return;
  const details = place.closest('details');
  for (const rest of details?.querySelectorAll(':scope > :not(summary)') ?? []) rest.remove();
  if (details) details.open = false;
}

function showPhase({ phase, title, text }) {
  const outcome = byId('outcome');
  outcome.hidden = phase === 'form';
  outcome.dataset.phase = phase;
  byId('outcome-title').textContent = title;
  byId('outcome-text').textContent = text;
  document.title = `${title} · Tenantry`;
  if (phase === 'busy') byId('lines')?.replaceChildren();
  const ask = byId('ask');
  if (ask) ask.hidden = phase !== 'form' && phase !== 'retry';
  if (again) again.hidden = phase !== 'look' && phase !== 'retry';
  if (phase === 'look' || phase === 'done') {
    forgetSecrets();
    ask?.remove();
  }
  if (phase !== 'form') byId('outcome-title').focus();
}

/** What was sent from here on might reach another program that listens in the place of Tenantry. */
function lock() {
  showPhase({
    phase: 'lost',
    title: 'Tenantry does not answer any more',
    text: 'Enter nothing here and close this page. Ask for a new one where you came from.',
  });
  forgetSecrets();
  byId('ask')?.remove();
}

/** Resolves when the page has nothing more to say; fails when the other side goes away before. */
async function follow() {
  const answer = await fetch(`${page}/events`, { cache: 'no-store', credentials: 'same-origin', redirect: 'error' });
  const phase = await showEvents(answer);
  if (phase !== 'done') throw new Error('The other side has gone away.');
}

/** Shows events until they end; resolves with the last phase, fails where it is not a resting one. */
async function showEvents(answer) {
  let phase = 'busy';
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done && phase !== 'busy') return phase;
    if (done) throw new Error('The other side has gone away.');
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines.filter(Boolean)) {
      const event = JSON.parse(line);
      if (event.type === 'line') {
        showLine(event);
      } else if (event.type === 'step') {
        showStep(event);
      } else {
        phase = event.phase;
        showPhase(event);
      }
    }
  }
}

if (page) {
  for (const time of document.querySelectorAll('time')) {
    const local = new Date(time.dateTime).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    time.textContent = local;
  }
  if (last) showPhase(JSON.parse(last));
  if (answers === undefined) follow().catch(lock);
  // A page from the browser's memory would not know what has happened since.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  addEventListener('pagehide', forgetSecrets);
}
