import { expectEqual } from './bench.ts';
import { connectionName } from './product.ts';
import type { StdioSession } from './stdio-session.ts';

export interface CallLoad {
  readonly calls: number;
  /** Calls under way at any moment. */
  readonly atOnce: number;
  /** Every call asks for another user, counting from here. */
  readonly firstUser: number;
}

/** Calls that each GET one user: `graph_query` of the product, or `get` of the bare server. Times in milliseconds. */
export async function callMany(
  session: StdioSession,
  tool: 'graph_query' | 'get',
  { calls, atOnce, firstUser }: CallLoad,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const worker = async () => {
    while (next < calls) {
      const user = firstUser + next++;
      const startedAt = performance.now();
      const result = await session.callTool(tool, argumentsFor(tool, user));
      times.push(performance.now() - startedAt);
      expectEqual(
        'the user asked for',
        answeredUser(tool, result),
        `person.${String(user).padStart(6, '0')}@contoso.example`,
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}

function argumentsFor(tool: 'graph_query' | 'get', user: number): Record<string, unknown> {
  return tool === 'get' ? { path: `/v1.0/users/${user}` } : { connection: connectionName, endpoint: `/users/${user}` };
}

function answeredUser(tool: 'graph_query' | 'get', result: Record<string, unknown>): string | undefined {
  if (tool === 'get') {
    const { content } = result as { content: { text: string }[] }; // the bare server's only answer
    return /"mail":"([^"]+)"/.exec(content[0]?.text ?? '')?.[1];
  }
  const { structuredContent } = result as { structuredContent: { response: { data: { mail?: string } } } };
  return structuredContent.response.data.mail;
}
