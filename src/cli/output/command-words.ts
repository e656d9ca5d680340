// Hints are written for models, in words of tools. The person at the terminal has commands instead: the only place that
// translates.

const commands: Readonly<Record<string, string>> = {
  create_connection: 'tenantry connections create',
  complete_connection: 'tenantry connections complete',
  validate_connection: 'tenantry connections validate',
  list_connections: 'tenantry connections list',
  delete_connection: 'tenantry connections remove',
  convert_connection: 'tenantry connections convert',
};

/** Commands that mean the connection that the answer is about, where the hint names none. */
const aboutTheConnection: ReadonlySet<string> = new Set(['complete_connection', 'validate_connection']);

/** Arguments of the connection tools, which are flags of their commands. */
const flags = [
  'admin_connection',
  'auth_type',
  'certificate_passphrase',
  'client_id',
  'client_secret',
  'default_location',
  'federated_token',
  'management_group_id',
  'remove_secret',
  'replace_identity',
  'resource_group',
  'subscription_id',
  'tenant_id',
  'workspace_name',
] as const;

const connectionTool = /\b(?:create|complete|validate|delete|convert)_connection\b|\blist_connections\b/;
/** With the verb before it, and the name of the connection behind it. */
const mention = new RegExp(
  String.raw`(?<tool>${connectionTool.source})(?: for (?:["\x60](?<quoted>[a-z0-9][a-z0-9_-]{1,62})["\x60]|(?!the\b|an?\b|it\b|this\b|that\b)(?<bare>[a-z0-9][a-z0-9_-]{1,62})))?`,
  'g',
);
const otherTool =
  /(?<![\w-])(?<!tenantry call )(?<tool>(?:graph|arm)_(?:query|batch|write|delta)|resource_graph_query|get_operation|assign_license|describe_graph|provision_connection|list_linked_services|(?:list|create|convert|delete)_(?:service|workspace)_connections?)\b/g;

/** A hint for the person at the terminal. `connection` is the one that it is about, where that is known. */
export function inCommandWords(text: string, connection?: string): string {
  const isAboutConnections = connectionTool.test(text);
  const words = text
    .replaceAll(mention, (...match) => {
      const { tool = '', quoted, bare } = groupsOf(match);
      const name = quoted ?? bare ?? (aboutTheConnection.has(tool) ? connection : undefined);
      return `${commands[tool]}${name === undefined ? '' : ` ${name}`}`;
    })
    .replaceAll(otherTool, 'tenantry call $<tool>')
    .replaceAll(/\bCall (?=tenantry )/g, 'Run ')
    .replaceAll(/\bcall (?=tenantry )/g, 'run ');
  return isAboutConnections ? inFlags(words) : words;
}

/** Arguments at the places where our own errors name them: `client_id: missing`, `Pass scopes[0] as …`. */
export function argumentsAsFlags(text: string): string {
  const asFlag = (name: string) =>
    name === 'name' || name === 'connection' ? 'NAME' : `--${name.replaceAll('_', '-')}`;
  return inFlags(text)
    .replaceAll(/(^|\. )([a-z][a-z_]*)(?:\[\d+\])?(?=: )/g, (_, before: string, name: string) => before + asFlag(name))
    .replaceAll(/\bPass ([a-z][a-z_]*)(?:\[\d+\])?(?=:| as )/g, (_, name: string) => `Pass ${asFlag(name)}`);
}

/** Arguments whose names are also words: they are flags where a value follows, or in a list with others. */
const wordsOfFlags =
  /(--[a-z-]+|certificate|token): \{"(previous|prompt)": true\}|(?<=\bwith (?:--[a-z-]+(?:, | and | or ))*|--[a-z-]+ or )(certificate|token)(?=[.,]| with |$)/g;

function inFlags(text: string): string {
  // What stands in the file has its names there.
  if (text.includes('tenantry.yaml')) return text;
  const named = new RegExp(String.raw`(?<![\w-])(${flags.join('|')})(?:: true)?\b`, 'g');
  return text
    .replaceAll(named, (_, name: string) => `--${name.replaceAll('_', '-')}`)
    .replaceAll(/(?<![\w-])revert: true\b/g, '--revert')
    .replaceAll(wordsOfFlags, (_, flag: string | undefined, value: string | undefined, listed: string | undefined) => {
      const name = flag ?? listed ?? '';
      return [name.startsWith('--') ? name : `--${name}`, ...(value === undefined ? [] : [value])].join(' ');
    });
}

/** The named groups are the last argument of a replacer. */
function groupsOf(match: readonly unknown[]): Readonly<Record<string, string | undefined>> {
  const groups = match.at(-1);
  return typeof groups === 'object' && groups !== null ? (groups as Readonly<Record<string, string | undefined>>) : {};
}
