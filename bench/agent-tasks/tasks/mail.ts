import { connection, defineTask } from '../agent-task.ts';

interface Message {
  readonly subject: string;
  readonly receivedDateTime: string;
}

/** A week before the start of the sandbox. */
const lastWeek = '2026-11-13T00:00:00Z';
const mailbox = '/users/nora.park@contoso.example/mailFolders/inbox/messages';

export const invoices = defineTask({
  name: 'invoices-in-a-mailbox',
  asks: 'Which invoices has Nora Park got since 13 November?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly string[] }>('graph_query', {
      connection,
      endpoint: mailbox,
      params: {
        $filter: `receivedDateTime ge ${lastWeek} and contains(subject,'Invoice')`,
        $select: 'subject,receivedDateTime',
      },
      project: 'value[].subject',
    });
    return [...data.value].sort();
  },
  async truth({ tenant }) {
    const messages = await tenant.list<Message>('graph', `${mailbox}?$top=100`);
    const isWanted = ({ subject, receivedDateTime }: Message) =>
      /invoice/i.test(subject) && Date.parse(receivedDateTime) >= Date.parse(lastWeek);
    return messages.flatMap((message) => (isWanted(message) ? [message.subject] : [])).sort();
  },
});
