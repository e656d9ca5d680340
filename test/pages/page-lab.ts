import { X509Certificate } from 'node:crypto';
import { type Authority, limitedTo, type PersonPage } from '../../src/core/base/authority.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { testPem } from '../core/connections/test-pem.ts';
import {
  type Answer,
  openSandboxTools,
  type SandboxTools,
  type SandboxToolsOptions,
} from '../support/sandbox-tools.ts';

/** The real tools with pages, against a sandbox tenant, and a client that can open pages or cannot. */
export interface PageLab extends SandboxTools {
  /** Lines for the person at the machine. */
  readonly announced: readonly string[];
  /** Pages that the client was asked to open. */
  readonly shown: readonly PersonPage[];
  /** Creates the connection `prod` and begins to complete it; resolves with the address of the page. */
  ask(creation: Input, completion?: Input): Promise<{ readonly url: string; readonly answer: Promise<Answer> }>;
  /** The next page that the client is asked to open. */
  nextPage(): Promise<PersonPage>;
  /** A token for Microsoft Graph, as somebody could have got it elsewhere. */
  graphToken(): Promise<string>;
  /** Registers the certificate of a PEM, or a new one, at the app, and resolves with the PEM. */
  registerCertificate(pem?: string): Promise<string>;
  /** Calls any tool as a client that opens pages. */
  callShowing(tool: string, input: Input, signal?: AbortSignal): Promise<Answer>;
  /** Completes as a client that opens pages. */
  complete(input: Input): Promise<Answer>;
}

type Input = Readonly<Record<string, unknown>>;

export async function openPageLab(options: SandboxToolsOptions = {}): Promise<PageLab> {
  const announced: string[] = [];
  const shown: PersonPage[] = [];
  const tools = await openSandboxTools({ ...options, announce: (line) => announced.push(line) });
  let onPage: (page: PersonPage) => void = () => undefined;
  const authority: Authority = {
    ...limitedTo([], 'stdio'),
    async showPage(page) {
      shown.push(page);
      onPage(page);
      return true;
    },
  };
  const callShowing = (tool: string, input: Input, signal = new AbortController().signal) =>
    tools.call(tool, input, { authority, signal });
  const complete = (input: Input) => callShowing('complete_connection', { connection: 'prod', ...input });
  const nextPage = () => {
    const opened = Promise.withResolvers<PersonPage>();
    onPage = opened.resolve;
    return opened.promise;
  };
  return Object.assign(tools, {
    announced,
    shown,
    callShowing,
    complete,
    nextPage,
    async graphToken() {
      const { connections, opener } = tools.runtime;
      const { tokens, cloud } = await opener.open(await connections.get('sandbox', localCaller), localCaller);
      return (await tokens.getToken({ audience: cloud.graph })).token;
    },
    async registerCertificate(pem = testPem()) {
      const { raw } = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----')));
      const key = { type: 'AsymmetricX509Cert', usage: 'Verify', key: raw.toString('base64') };
      const endpoint = `/applications(appId='${tools.sandbox.credentials.clientId}')`;
      const requests = [{ method: 'PATCH', endpoint, body: { keyCredentials: [key] } }];
      const { isError, text } = await tools.call('graph_write', { requests });
      if (isError) throw new Error(text);
      return pem;
    },
    async ask(creation: Input, completion: Input = {}) {
      const created = await tools.call('create_connection', { name: 'prod', cloud: 'sandbox', ...creation });
      if (created.isError) throw new Error(created.text);
      const opened = nextPage();
      const answer = complete(completion);
      const failed = answer.then(({ text }) => Promise.reject(new Error(`No page was opened: ${text}`)));
      const { url } = await Promise.race([opened, failed]);
      failed.catch(() => undefined);
      return { url, answer };
    },
  });
}
