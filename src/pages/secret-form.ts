import type { PromptAnswer, PromptRequest } from '../core/connections/secret-prompt.ts';
import {
  type ConnectionIdentity,
  type ConnectionRecord,
  identitySchema,
  type SecretField,
} from '../core/record/connection.ts';
import { authRequirements, missingRequirements } from '../core/record/requirements.ts';
import { Secret } from '../core/secrets/secret.ts';
import { type Html, html } from './html.ts';
import type { FormProblem, Submission } from './page-host.ts';

type IdentityField = keyof typeof identitySchema.shape;

/** One field of the form. */
export type FormField =
  | {
      readonly kind: 'identity';
      readonly name: IdentityField;
      readonly required: boolean;
      readonly value: string;
      /** Whether the caller named the value, and the person should look at it. */
      readonly isAsked: boolean;
    }
  | { readonly kind: 'secret'; readonly name: AskedSecret; readonly required: boolean };

/** A passphrase opens the certificate and is not kept. */
type AskedSecret = SecretField | 'certificate_passphrase';

interface FieldWords {
  readonly label: string;
  readonly help: string;
}

const identityWords: Readonly<Record<IdentityField, FieldWords>> = {
  tenant_id: { label: 'Tenant', help: 'Directory (tenant) ID, or a domain such as contoso.com.' },
  client_id: { label: 'Application (client) ID', help: 'From the overview of the app registration.' },
  subscription_id: { label: 'Subscription ID', help: 'Azure portal > Subscriptions.' },
  default_location: { label: 'Default location', help: 'A region such as westeurope.' },
  organization: { label: 'Azure DevOps organization', help: 'The name after dev.azure.com/.' },
  management_group_id: { label: 'Management group ID', help: 'Azure portal > Management groups.' },
  resource_group: { label: 'Resource group', help: 'Of the workspace.' },
  workspace_name: { label: 'Workspace', help: 'Name of the Azure Machine Learning workspace.' },
};

const secretWords: Readonly<Record<AskedSecret, FieldWords>> = {
  client_secret: {
    label: 'Client secret',
    help: 'The value, not the ID. The portal shows it once, right after it was created.',
  },
  certificate: {
    label: 'Certificate with its private key',
    help: 'Paste the PEM, or choose a .pem or .pfx file.',
  },
  certificate_passphrase: { label: 'Passphrase of the certificate', help: 'What it was exported with.' },
  federated_token: { label: 'Federated token', help: 'The token of the trusted issuer: it begins with eyJ.' },
  token: { label: 'Access token', help: 'The token alone, without the word Bearer.' },
};

/** The fields that the person fills in, or looks at: the caller's wishes, what is missing, and the secrets. */
export function formFieldsOf({ record, asked, fields, asksPassphrase }: PromptRequest): readonly FormField[] {
  const { missing } = missingRequirements(record, [...fields]);
  const names = Object.keys(identitySchema.shape) as IdentityField[];
  const needed = [...authRequirements[record.auth_type].identity, ...missing];
  const identity = names.flatMap((name): FormField[] => {
    const isAsked = asked[name] !== undefined;
    const isOpen = record.status === 'pending' && needed.includes(name);
    if (!isAsked && !isOpen && !isUseful(name, record)) return [];
    const value = asked[name] ?? record.identity[name] ?? '';
    return [{ kind: 'identity', name, required: needed.includes(name), value, isAsked }];
  });
  const secrets = fields.map((name): FormField => ({ kind: 'secret', name, required: true }));
  const isOpened = asksPassphrase || fields.includes('certificate');
  const passphrase = { kind: 'secret', name: 'certificate_passphrase', required: asksPassphrase } as const;
  return [...identity, ...secrets, ...(isOpened ? [passphrase] : [])];
}

const azureScopes = ['resources', 'storage', 'broker', 'database', 'graph', 'vector', 'ml'];

/** Not required, and of use for what the connection is for. */
function isUseful(name: IdentityField, { identity, scopes, scope_level }: ConnectionRecord): boolean {
  if (identity[name] !== undefined) return false;
  if (name === 'organization') return scopes.includes('devops');
  return (
    name === 'subscription_id' && scope_level === 'subscription' && scopes.some((one) => azureScopes.includes(one))
  );
}

export function labelOf(field: FormField): string {
  return (field.kind === 'secret' ? secretWords[field.name] : identityWords[field.name]).label;
}

/** The values that were sent, checked for what can be said about them without a service. */
export function readAnswer(
  fields: readonly FormField[],
  values: Submission,
): { readonly answer: PromptAnswer; readonly problems: readonly FormProblem[] } {
  const problems: FormProblem[] = [];
  const identity: Record<string, string> = {};
  const secrets: Partial<Record<SecretField, Secret>> = {};
  let passphrase: Secret | undefined;
  for (const field of fields) {
    const text = (values[field.name] ?? '').trim();
    const label = labelOf(field);
    if (text === '') {
      if (field.required) problems.push({ field: field.name, message: `${label} is missing.`, hint: 'Fill it in.' });
    } else if (field.name === 'certificate_passphrase') {
      passphrase = new Secret(text);
    } else if (field.kind === 'secret') {
      secrets[field.name] = new Secret(text);
    } else {
      const parsed = identitySchema.shape[field.name].safeParse(text);
      if (parsed.success && parsed.data !== undefined) {
        identity[field.name] = parsed.data;
      } else {
        const [issue] = parsed.error?.issues ?? [];
        const rule = issue?.message ?? 'use another value';
        problems.push({ field: field.name, message: `${label} is not right: ${rule}.` });
      }
    }
  }
  // Only names of the schema, each with a text that it has accepted.
  return { answer: { identity: identity as ConnectionIdentity, secrets, passphrase }, problems };
}

export function renderField(field: FormField): Html {
  const { name } = field;
  const words = field.kind === 'secret' ? secretWords[field.name] : identityWords[field.name];
  const optional = !field.required && html` <span class="quiet">(optional)</span>`;
  return html`<div class="field" data-field="${name}">
<label for="${name}">${words.label}${optional}</label>
<p class="help" id="${name}-help">${words.help}${
    field.kind === 'identity' &&
    field.isAsked &&
    html` <strong class="asked">Filled in by the assistant: check it.</strong>`
  }</p>
${field.kind === 'identity' ? identityInput(field) : secretInput(field)}
<p class="problem" id="${name}-problem" hidden></p>
</div>`;
}

function identityInput({ name, value, required }: FormField & { readonly kind: 'identity' }): Html {
  return html`<input id="${name}" name="${name}" type="text" value="${value}" ${
    required && html`required`
  } autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="300" aria-describedby="${name}-help ${name}-problem">`;
}

/** Attributes that keep password managers from offering to fill in, or to keep, what is no password of a site. */
const unmanaged = html`autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" data-1p-ignore data-bwignore data-lpignore="true" data-form-type="other"`;

function secretInput({ name, required }: FormField & { readonly kind: 'secret' }): Html {
  const about = `${name}-help ${name}-problem`;
  if (name === 'certificate') {
    return html`<textarea id="certificate" name="certificate" data-secret rows="6" required ${unmanaged} placeholder="-----BEGIN PRIVATE KEY-----" aria-describedby="${about}"></textarea>
<div class="file"><label for="certificate-file">Or choose the file</label>
<input id="certificate-file" type="file" data-secret data-into="certificate" accept=".pem,.crt,.cer,.key,.txt,.pfx,.p12"></div>`;
  }
  return html`<div class="secret"><input id="${name}" name="${name}" type="password" data-secret ${required && html`required`} ${unmanaged} maxlength="65536" aria-describedby="${about}">
<button type="button" class="reveal" data-reveal="${name}" aria-pressed="false">Show<span class="unseen"> ${secretWords[name].label}</span></button></div>`;
}
