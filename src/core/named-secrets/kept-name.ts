/** Words for what most kept secrets belong to; others keep the name of their collection. */
const words: Readonly<Record<string, string>> = {
  applications: 'app',
  serviceprincipals: 'principal',
  users: 'user',
  storageaccounts: 'storage',
};

const mostOfPart = 40;

/**
 * A name that says what a secret is: `app-3f2a-secretText` for the member `secretText` of an answer about
 * `/applications/3f2a…`. `round` counts the attempts to find a free one, from 0.
 */
export function keptName(resource: string, member: string, round: number): string {
  const segments =
    resource
      .split(/[?#]/)[0]
      ?.split('/')
      .filter((one) => one !== '') ?? [];
  const id = segments.at(-1) ?? '';
  const collection = segments.at(-2) ?? 'secret';
  const kind = words[collection.toLowerCase()] ?? plain(collection);
  const isId = /^[0-9a-f-]{20,}$/i.test(id);
  // A longer piece of an id sets apart what begins alike.
  const short = isId ? id.slice(0, round === 0 ? 4 : 8) : plain(id);
  const parts = [kind, short, plain(member)].filter((part) => part !== '');
  const suffix = round < 2 ? [] : [String(round)];
  const name = [...parts, ...(round === 1 && !isId ? ['1'] : suffix)].join('-');
  return /^[A-Za-z0-9]/.test(name) ? name : `secret-${name}`;
}

function plain(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, mostOfPart);
}
