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
  /** Folder of the project files (`.mcp.json`, `.vscode/mcp.json`). */
  readonly projectDir: string;
  readonly platform: NodeJS.Platform;
  /** `%APPDATA%` on Windows. */
  readonly appData?: string;
}

/** Where a host keeps its servers, and what its documentation says about an entry. */
interface Host {
  readonly file: (place: ClientPlace) => string;
  /** Key of the object that holds the servers by name. */
  readonly key: 'mcpServers' | 'servers';
  /** Whether an entry names its transport. */
  readonly isTyped: boolean;
  /** What the person does afterwards. */
  readonly next: string;
}

const hosts: Readonly<Record<SetupClient, Host>> = {
  'claude-desktop': { file: claudeDesktopFile, key: 'mcpServers', isTyped: false, next: 'Restart Claude Desktop.' },
  'claude-code': {
    file: ({ projectDir }) => join(projectDir, '.mcp.json'),
    key: 'mcpServers',
    isTyped: true,
    next: 'Run `claude` in this folder and approve the server.',
  },
  vscode: {
    file: ({ projectDir }) => join(projectDir, '.vscode', 'mcp.json'),
    key: 'servers',
    isTyped: true,
    next: 'Open the folder in VS Code and start the server from the file.',
  },
  cursor: {
    file: ({ homeDir }) => join(homeDir, '.cursor', 'mcp.json'),
    key: 'mcpServers',
    isTyped: false,
    next: 'Restart Cursor.',
  },
  gemini: {
    file: ({ homeDir }) => join(homeDir, '.gemini', 'settings.json'),
    key: 'mcpServers',
    isTyped: false,
    next: 'Restart Gemini CLI.',
  },
};

export interface ClientConfig extends Pick<Host, 'key' | 'next'> {
  readonly file: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** The file and the entry for a host. */
export function clientConfig(client: SetupClient, server: ServerCommand, place: ClientPlace): ClientConfig {
  const { file, key, isTyped, next } = hosts[client];
  return { file: file(place), key, entry: { ...(isTyped ? { type: 'stdio' } : {}), ...server }, next };
}

function claudeDesktopFile({ platform, homeDir, appData }: ClientPlace): string {
  const folders: Partial<Record<NodeJS.Platform, string>> = {
    darwin: join(homeDir, 'Library', 'Application Support'),
    win32: appData ?? join(homeDir, 'AppData', 'Roaming'),
  };
  return join(folders[platform] ?? join(homeDir, '.config'), 'Claude', 'claude_desktop_config.json');
}
