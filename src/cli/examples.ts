/** One working example for each command, shown in its help and after a mistake. */
const examples: Readonly<Record<string, string>> = {
  stdio: 'tenantry stdio --read-only --toolsets graph',
  http: 'tenantry http --port 3000 --sandbox',
  call: `tenantry call graph_query '{"connection":"sandbox","endpoint":"/users","limit":5}' --sandbox`,
  tools: 'tenantry tools --toolsets graph',
  connections: 'tenantry connections create contoso --scopes directory --access read_write',
  sandbox: 'tenantry sandbox --port 4000 --users 5000',
  demo: 'tenantry demo',
  doctor: 'tenantry doctor',
  setup: 'tenantry setup claude-code --write',
};

export function exampleOf(command: string | undefined): string {
  return examples[command ?? 'stdio'] ?? 'tenantry --help';
}

/** Text for the end of a command's help. */
export function exampleHelp(command: string): string {
  return `\nExample:\n  ${exampleOf(command)}`;
}
