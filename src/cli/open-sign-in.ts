import type { SignInRules } from '../runtime/config/http-rules.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Gate } from '../server/http/gate.ts';
import type { HttpRoute } from '../server/http/router.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';

export interface SignInOpening {
  readonly gate: Gate;
  readonly routes: readonly HttpRoute[];
  close(): void;
}

/** Lets in who has signed in with Entra, and says where that is done. Loaded only where somebody signs in. */
export async function openSignIn(
  rules: SignInRules,
  publicUrl: string,
  tools: readonly ToolDefinition[],
  { clock, config, logger, secrets }: Runtime,
): Promise<SignInOpening> {
  const { openLoginDocuments } = await import('../runtime/open-login-documents.ts');
  const { signInGate } = await import('../server/sign-in/sign-in-gate.ts');
  const { metadataRoute } = await import('../server/sign-in/resource-metadata.ts');
  const documents = openLoginDocuments(config.environment);
  return {
    gate: signInGate({ rules, publicUrl, tools, documents, clock, logger, secrets }),
    routes: [metadataRoute({ rules, publicUrl })],
    close: documents.close,
  };
}
