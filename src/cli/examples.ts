/** Working examples of each command, shown in its help; the first one is also shown after a mistake. */
const examples: Readonly<Record<string, readonly [string, ...string[]]>> = {
  stdio: ['tenantry stdio --read-only --toolsets graph'],
  http: ['tenantry http --port 3000 --sandbox'],
  call: [
    `tenantry call graph_query '{"connection":"sandbox","endpoint":"/users","limit":5}' --sandbox`,
    `tenantry call graph_query @query.json -o csv > users.csv`,
  ],
  approve: ['tenantry approve K7F3'],
  tools: ['tenantry tools --toolsets graph'],
  connections: ['tenantry connections create contoso --scopes directory --access read_write'],
  'connections list': ['tenantry connections list -o csv'],
  'connections show': ['tenantry connections show contoso'],
  'connections remove': ['tenantry connections remove contoso'],
  'connections checklist': ['tenantry connections checklist contoso'],
  'connections validate': ['tenantry connections validate contoso --checks token,expiry'],
  'connections create': ['tenantry connections create contoso --scopes directory --access read_write'],
  'connections complete': [
    'tenantry connections complete contoso --tenant-id … --client-id … --client-secret-env CONTOSO_SECRET',
  ],
  'connections update': [
    'tenantry connections update contoso --access read_write',
    `tenantry connections update contoso --settings '{"max_concurrent_requests":8}'`,
  ],
  'connections convert': [
    'tenantry connections convert contoso --federated-token file:/var/run/secrets/tokens/azure-identity-token',
    'tenantry connections convert contoso --revert',
  ],
  'connections share': [
    'tenantry connections share contoso --with group:00000000-0000-0000-0000-000000000001 --access read',
    'tenantry connections share contoso --with everyone',
  ],
  'connections unshare': ['tenantry connections unshare contoso --with everyone'],
  secrets: ['tenantry secrets list'],
  'secrets set': [
    'tenantry secrets set openai-key --to holder=/subscriptions/…/workspaces/mlw-research,target=https://contoso.openai.azure.com',
  ],
  'secrets show': ['tenantry secrets show openai-key'],
  'secrets remove': ['tenantry secrets remove openai-key'],
  store: ['tenantry store migrate'],
  'store export': ['tenantry store export tenantry-export.ndjson'],
  'store rotate-key': ['tenantry store rotate-key'],
  'store import': ['tenantry store import tenantry-export.ndjson --config postgres.yaml'],
  sandbox: ['tenantry sandbox --port 4000 --users 5000'],
  demo: ['tenantry demo'],
  selfcheck: ['tenantry selfcheck contoso', 'tenantry selfcheck contoso --out report.json -o table'],
  doctor: ['tenantry doctor --validate'],
  audit: ['tenantry audit --denied -n 20', 'tenantry audit --undo 7K2FQ9MX'],
  setup: ['tenantry setup claude-code --write'],
};

/** The example of a command such as `secrets set`: its own, or that of its group. */
export function exampleOf(command: string): string {
  const own = examples[command]?.[0];
  const group = command.replace(/ ?\S*$/, '');
  return own ?? (group === '' ? 'tenantry --help' : exampleOf(group));
}

/** Text for the end of a command's help. */
export function exampleHelp(command: string): string {
  const shown = examples[command] ?? [exampleOf(command)];
  return `\nExample:\n${shown.map((example) => `  ${example}`).join('\n')}`;
}
