import { type ArmClient, production } from './arm-client.ts';

export const version = '2024-04-01';
export const workspaces = `${production}/resourceGroups/rg-contoso-ml/providers/Microsoft.MachineLearningServices/workspaces`;
export const workspace = `${workspaces}/mlw-contoso-research`;

/** Id of a connection of a workspace. */
export const at = (name: string, parent = workspace) => `${parent}/connections/${name}`;

export const put = (arm: ArmClient, name: string, content: unknown, parent = workspace) =>
  arm.put(at(name, parent), version, content);

export const secrets = (arm: ArmClient, name: string, parent = workspace, segment = 'listsecrets') =>
  arm.send('POST', `${at(name, parent)}/${segment}`, { version });

export const namesOf = (answer: { readonly body: { readonly value: readonly { readonly name: string }[] } }) =>
  answer.body.value.map(({ name }) => name);
