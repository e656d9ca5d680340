import { join } from 'node:path';

export const setupClients = ['claude-desktop', 'claude-code', 'vscode', 'cursor', 'gemini'] as const;
export type SetupClient = (typeof setupClients)[number];

/** How a host starts the server. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
}

export interface ClientPlace {
  readonly homeDir: string;
  /** Folder whose project files are meant (`.mcp.json`, `.vscode/mcp.json`). */
  readonly projectDir: string;
  readonly platform: NodeJS.Platform;
  /** `%APPDATA%` on Windows. */
  readonly appData?: string;
}

/** Where one host keeps its servers, and how an entry looks there. */
export interface ClientConfig {
  readonly file: string;
  /** Key of the object that holds the servers by name. */
  readonly key: 'mcpServers' | 'servers';
  readonly entry: Readonly<Record<string, unknown>>;
  /** What the person does afterwards. */
  readonly next: string;
}

/** The file and the entry for a host, as its documentation describes them. */
export function clientConfig(client: SetupClient, server: ServerCommand, place: ClientPlace): ClientConfig {
  const stdio = { type: 'stdio', ...server };
  switch (client) {
    case 'claude-desktop':
      return {
        file: claudeDesktopFile(place),
        key: 'mcpServers',
        entry: { ...server },
        next: 'Restart Claude Desktop.',
      };
    case 'claude-code':
      return {
        file: join(place.projectDir, '.mcp.json'),
        key: 'mcpServers',
        entry: stdio,
        next: 'Run `claude` in this folder and approve the server.',
      };
    case 'vscode':
      return {
        file: join(place.projectDir, '.vscode', 'mcp.json'),
        key: 'servers',
        entry: stdio,
        next: 'Open the folder in VS Code and start the server from the file.',
      };
    case 'cursor':
      return {
        file: join(place.homeDir, '.cursor', 'mcp.json'),
        key: 'mcpServers',
        entry: { ...server },
        next: 'Restart Cursor.',
      };
    case 'gemini':
      return {
        file: join(place.homeDir, '.gemini', 'settings.json'),
        key: 'mcpServers',
        entry: { ...server },
        next: 'Restart Gemini CLI.',
      };
  }
}

function claudeDesktopFile({ platform, homeDir, appData }: ClientPlace): string {
  const name = 'claude_desktop_config.json';
  switch (platform) {
    case 'darwin':
      return join(homeDir, 'Library', 'Application Support', 'Claude', name);
    case 'win32':
      return join(appData ?? join(homeDir, 'AppData', 'Roaming'), 'Claude', name);
    default:
      return join(homeDir, '.config', 'Claude', name);
  }
}
