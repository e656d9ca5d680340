type Reference = Readonly<Record<string, string>>;

/** A way to write a reference. `isReference` is read as one, the others are no reference at all. */
export interface Spelling {
  readonly name: string;
  readonly isReference: boolean;
  write(reference: Reference): unknown;
}

const upper = (reference: Reference) =>
  Object.fromEntries(Object.entries(reference).map(([key, value]) => [key.toUpperCase(), value]));
const [first, second] = [
  (reference: Reference) => Object.keys(reference)[0] ?? '',
  (reference: Reference) => Object.values(reference)[0] ?? '',
];

export const spellings: readonly Spelling[] = [
  { name: 'an object', isReference: true, write: (reference) => reference },
  { name: 'JSON text', isReference: true, write: (reference) => JSON.stringify(reference) },
  {
    name: 'JSON text with white space',
    isReference: true,
    write: (reference) => ` \n${JSON.stringify(reference, null, 2)}\t`,
  },
  { name: 'JSON of JSON text', isReference: false, write: (reference) => JSON.stringify(JSON.stringify(reference)) },
  { name: 'an object in an object', isReference: false, write: (reference) => ({ value: reference }) },
  { name: 'an object in a list', isReference: false, write: (reference) => [reference] },
  {
    name: 'a reference in its own form',
    isReference: false,
    write: (reference) => ({ [first(reference)]: reference }),
  },
  { name: 'other letters', isReference: false, write: upper },
  { name: 'other letters in JSON text', isReference: false, write: (reference) => JSON.stringify(upper(reference)) },
  { name: 'two forms', isReference: false, write: (reference) => ({ ...reference, prompt: true }) },
  { name: 'one member more', isReference: false, write: (reference) => ({ ...reference, encoding: 'utf8' }) },
  { name: 'in a prompt', isReference: false, write: (reference) => ({ prompt: reference }) },
  { name: 'as a prompt', isReference: false, write: (reference) => ({ prompt: second(reference) }) },
  { name: 'as a source', isReference: false, write: (reference) => `${first(reference)}:${second(reference)}` },
  { name: 'as a variable of a shell', isReference: false, write: (reference) => `\${${second(reference)}}` },
];
