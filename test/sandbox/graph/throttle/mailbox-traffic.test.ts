import { expect, test } from 'vitest';
import { createSandboxClient, type SandboxClient } from '../../support/sandbox-client.ts';

async function mailboxes(client: SandboxClient): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { body } = await client.get('/users?$select=id,userPrincipalName,assignedPlans&$top=50');
  const licensed = body.value.filter(({ assignedPlans }: { readonly assignedPlans: readonly { service: string }[] }) =>
    assignedPlans.some(({ service }) => service === 'exchange'),
  );
  return licensed.map((user: { id: string; userPrincipalName: string }) => ({
    id: user.id,
    name: user.userPrincipalName,
  }));
}

test('a mailbox takes four requests at once and refuses the fifth, however it is named', async () => {
  const client = await createSandboxClient();
  const [first, second] = await mailboxes(client);
  const paths = [
    `/users/${first?.id}/messages`,
    `/users/${first?.name}/mailFolders`,
    `/users/${first?.id}/messages?$top=1`,
    `/users/${first?.id}/mailFolders/inbox`,
    `/users/${first?.name}/messages`,
    `/users/${second?.id}/messages`,
  ];
  const answers = await Promise.all(paths.map((path) => client.get(path)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429, 200]);
  expect(answers[4]?.body.error).toMatchObject({
    code: 'ApplicationThrottled',
    message: 'Application is over its MailboxConcurrency limit.',
  });
  expect(answers[4]?.headers['retry-after']).toBe('1');
});

test('an answered request, even a refused one, makes room', async () => {
  const client = await createSandboxClient();
  const [first] = await mailboxes(client);
  const wave = async (path: string) => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.get(path)));
    return answers.map(({ status }) => status);
  };
  expect(await wave(`/users/${first?.id}/messages/none`)).toEqual([400, 400, 400, 400]);
  expect(await wave(`/users/${first?.id}/messages`)).toEqual([200, 200, 200, 200]);
});

test('twenty items of a batch for one mailbox all pass, four at a time', async () => {
  const client = await createSandboxClient();
  const [first] = await mailboxes(client);
  const requests = Array.from({ length: 20 }, (_, index) => ({
    id: String(index),
    method: 'GET',
    // One mailbox, named in three ways.
    url: `${[`/users/${first?.id}`, `users/${first?.name}`, `/users('${first?.id}')`][index % 3]}/messages?$top=1`,
  }));
  const { body } = await client.send('POST', '/$batch', { body: { requests } });
  expect(body.responses.map(({ status }: { readonly status: number }) => status)).toEqual(Array(20).fill(200));
});

test('the directory has no such limit', async () => {
  const client = await createSandboxClient();
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.get('/users?$top=1')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
