import { quoted } from '../../core/base/plain-text.ts';
import { definePrompt, namesIn, whereChecklistIs } from './define-prompt.ts';
import { issuerStep, issuerWords } from './issuers.ts';

export const migrateToFederation = definePrompt({
  name: 'migrate_to_federation',
  title: 'Migrate to federation',
  description: 'Moves a connection, and the service connections of a DevOps project, from secrets to federation.',
  arguments: [
    { name: 'connection', description: 'Name of the connection.', required: true, kind: 'connection' },
    {
      name: 'issuer',
      description: `Who signs the tokens: ${issuerWords.join(', ')}, or the address of another issuer.`,
      required: false,
      kind: 'issuer',
    },
    {
      name: 'organization',
      description: 'Azure DevOps organization; by default that of the connection.',
      required: false,
      kind: 'organization',
    },
    { name: 'project', description: 'Azure DevOps project to convert as well.', required: false, kind: 'project' },
  ],
  about: ({ connection }) => namesIn(connection),
  steps: ({ connection, issuer, organization, project }) => {
    const name = quoted(connection);
    return [
      `Move the connection ${name} from its secret to workload identity federation. Ask me before every step that changes something.`,
      `Call validate_connection for ${name}, then look at ${whereChecklistIs(connection)}. If it is failing, tell me the steps that are open and stop: the conversion can only be verified on a connection that works now.`,
      issuerStep(issuer),
      'Ask me where to read the token: a file or an environment variable on the server, not the token itself. On the platform itself none is needed.',
      `Call convert_connection for ${name} with issuer, subject and the location of the token. If it is refused, show me the values that differ and stop; where the app may not change itself, ask me for a connection that may and pass it as admin_connection.`,
      `Call validate_connection for ${name} again. If a check fails, revert with convert_connection and revert: true, which works for seven days.`,
      ...(project ? projectSteps(project, organization) : []),
      'Leave the client secret on the app until I say otherwise; then call convert_connection with remove_secret: true. This cannot be undone.',
      'At the end list what was converted, what was skipped and why, and until when each conversion can be reverted.',
    ];
  },
});

function projectSteps(project: string, organization: string | undefined): readonly string[] {
  const where = `the project ${quoted(project)}${organization ? ` of the organization ${quoted(organization)}` : ''}`;
  return [
    `List the service connections of ${where} with list_service_connections: tell me which can be converted and why the others cannot.`,
    'Call convert_service_connection with all: true and dry_run: true, show me what it would do, and call it without dry_run only once I agree.',
    'Verify the converted ones with list_service_connections and verify: true; if one fails, call convert_service_connection with its id and revert: true.',
  ];
}
