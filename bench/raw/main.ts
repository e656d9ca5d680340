import { Agent, request } from 'undici';
import type { RawTask } from '../support/raw-client.ts';

// The hand-written loops that a list and a batch are measured against. One process, orders over IPC; ends with its parent.

/** Follows the links of a list and counts its items. */
async function listAll(url: string, agent: Agent): Promise<number> {
  let items = 0;
  for (let next: string | undefined = url; next !== undefined; ) {
    const { body } = await request(next, { dispatcher: agent });
    const page = JSON.parse(await body.text()) as { value: unknown[]; '@odata.nextLink'?: string };
    items += page.value.length;
    next = page['@odata.nextLink'];
  }
  return items;
}

/** Sends envelopes of 20, `atOnce` of them at a time, and counts the answers. */
async function batchAll(base: string, requests: number, atOnce: number, agent: Agent): Promise<number> {
  const bodies: string[] = [];
  for (let start = 0; start < requests; start += 20) {
    const items = Array.from({ length: Math.min(20, requests - start) }, (_, index) => ({
      id: String(index + 1),
      method: 'GET',
      url: `/users/${start + index}`,
    }));
    bodies.push(JSON.stringify({ requests: items }));
  }
  let answers = 0;
  let next = 0;
  const worker = async () => {
    while (next < bodies.length) {
      const body = bodies[next++] ?? '';
      const headers = { 'content-type': 'application/json' };
      const response = await request(`${base}/v1.0/$batch`, { method: 'POST', headers, body, dispatcher: agent });
      const { responses } = JSON.parse(await response.body.text()) as { responses: unknown[] };
      answers += responses.length;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}

function main(): void {
  const agent = new Agent({ keepAliveTimeout: 60_000 });
  process.on('message', async (task: RawTask) => {
    const startedAt = performance.now();
    const count =
      task.kind === 'list'
        ? await listAll(`${task.base}/v1.0/users?$top=999`, agent)
        : await batchAll(task.base, task.requests, task.atOnce, agent);
    process.send?.({ count, elapsedMs: performance.now() - startedAt });
  });
  process.on('disconnect', () => process.exit(0));
}

main();
