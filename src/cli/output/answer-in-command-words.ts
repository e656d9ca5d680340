import { isRecord } from '../../core/base/guards.ts';
import { viewAnswer } from './answer-view.ts';
import { argumentsAsFlags, inCommandWords } from './command-words.ts';
import { nameOf } from './connection-text.ts';

type Data = Readonly<Record<string, unknown>>;

/** The members that are ours to word, where a connection tool answers. Everything else may be data of the tenant. */
const worded: ReadonlySet<string> = new Set(['hint', 'next_step', 'detail']);

/** The same answer with its hints in words of the command line; `takesFlags`: of one whose arguments are flags. */
export function answerInCommandWords(structured: Data, takesFlags = false): Data {
  const name = nameOf(viewAnswer(false, structured));
  const { response, meta } = structured;
  return {
    ...structured,
    ...(isRecord(response) ? { response: responseInWords(response, name, takesFlags) } : {}),
    ...(isRecord(meta) && Array.isArray(meta['notes'])
      ? { meta: { ...meta, notes: meta['notes'].map((note) => inCommandWords(String(note), name)) } }
      : {}),
  };
}

function responseInWords(response: Data, name: string | undefined, takesFlags: boolean): Data {
  const { error, data } = response;
  return {
    ...response,
    ...(isRecord(error) ? { error: errorInWords(error, name, takesFlags) } : {}),
    ...(isRecord(data) && isOfConnection(data) ? { data: dataInWords(data, name) } : {}),
  };
}

function errorInWords(error: Data, name: string | undefined, takesFlags: boolean): Data {
  const worded = membersInWords(error, name, new Set(['message', 'hint']));
  // Where it does not exist, its flag is missing: with it there is always one.
  if (error['message'] === 'There is no connection named sandbox.') {
    return { ...worded, hint: 'Add --sandbox for the sandbox tenant.' };
  }
  if (!takesFlags) return worded;
  const asFlags = (text: unknown) => (typeof text === 'string' ? argumentsAsFlags(text) : text);
  return { ...worded, message: asFlags(worded['message']), ...('hint' in worded && { hint: asFlags(worded['hint']) }) };
}

/** Whether our own tools about connections made it: no service answers these members. */
function isOfConnection(data: Data): boolean {
  const first = Array.isArray(data['value']) ? data['value'][0] : data;
  return isRecord(first) && ('next_step' in first || 'checks' in first) && 'health' in first;
}

function dataInWords(data: Data, connection: string | undefined): Data {
  const name = typeof data['name'] === 'string' ? data['name'] : connection;
  const below = (value: unknown) => (isRecord(value) ? dataInWords(value, name) : value);
  const entries = Object.entries(membersInWords(data, name, worded)).map(([key, value]) => {
    if (key === 'connection') return [key, below(value)] as const;
    return (key === 'checks' || key === 'value') && Array.isArray(value) ? [key, value.map(below)] : [key, value];
  });
  return Object.fromEntries(entries);
}

function membersInWords(data: Data, name: string | undefined, members: ReadonlySet<string>): Data {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) =>
      members.has(key) && typeof value === 'string' ? [key, inCommandWords(value, name)] : [key, value],
    ),
  );
}
