import { isGuid } from '../base/guid.ts';

// What a value looks like, in words of ours: the only thing that a report says about a value of the tenant.

type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'nothing';

export function kindOf(value: unknown): JsonKind {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const kind = typeof value;
  return kind === 'boolean' || kind === 'number' || kind === 'string' ? kind : 'object';
}

type Test = (value: unknown) => boolean;

const textMatching =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === 'string' && pattern.test(value);

/** Narrower than a kind of JSON; headers are texts, so those of numbers and dates are for them as well. */
const narrowForms = {
  guid: (value) => typeof value === 'string' && isGuid(value),
  integer: (value) => Number.isSafeInteger(value),
  'date-time': textMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)?$/),
  url: textMatching(/^https?:\/\/[^\s]+$/i),
  'http-date': textMatching(/^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/),
  digits: textMatching(/^\d{1,10}$/),
  decimal: textMatching(/^\d{1,10}(?:\.\d{1,6})?$/),
  duration: textMatching(/^(?:\d{1,3}\.)?\d\d:\d\d:\d\d(?:\.\d{1,7})?$/),
  date: textMatching(/^\d{4}-\d\d-\d\d$/),
  'json-object': (value) => typeof value === 'string' && isJsonObject(value),
  'region:time:guid': (value) =>
    typeof value === 'string' && /^[A-Z0-9]+:\d{8}T\d{6}Z:/i.test(value) && isGuid(value.split(':')[2] ?? ''),
  'text/plain': textMatching(/^text\/plain\s*(?:;|$)/i),
  xml: textMatching(/^\ufeff?\s*<(?!!doctype|html)/i),
} as const satisfies Readonly<Record<string, Test>>;

type NarrowForm = keyof typeof narrowForms;

/**
 * Forms that a value may have, separated by `|`: kinds of JSON, narrower forms, and `=text` for one value of a closed set.
 * `guid|null`, `=Enabled|=Disabled`.
 */
export type Forms = string;

/** The form of a value among the expected ones; undefined when it has none of them. */
export function formAmong(forms: Forms, value: unknown): string | undefined {
  return forms.split('|').find((form) => hasForm(form, value));
}

function hasForm(form: string, value: unknown): boolean {
  if (form.startsWith('=')) return value === form.slice(1);
  return isNarrow(form) ? narrowForms[form](value) : kindOf(value) === form;
}

function isNarrow(form: string): form is NarrowForm {
  return Object.hasOwn(narrowForms, form);
}

/** Expected forms for people: `guid or null`, `Enabled or Disabled`. */
export function formsInWords(forms: Forms): string {
  return forms.split('|').map(formInWords).join(' or ');
}

/** One form for people; the text without letters is `an empty text`. */
export function formInWords(form: string): string {
  return form === '=' ? 'an empty text' : form.replace(/^=/, '');
}

/** A value that is not as expected, said without the value. A text where another text was expected is `another string`. */
export function strangerInWords(forms: Forms, value: unknown): string {
  const kind = kindOf(value);
  const wantsText = forms.split('|').some((form) => form.startsWith('=') || (isNarrow(form) && form !== 'integer'));
  return kind === 'string' && wantsText ? 'another string' : kind;
}

function isJsonObject(text: string): boolean {
  try {
    return kindOf(JSON.parse(text)) === 'object';
  } catch {
    return false;
  }
}
