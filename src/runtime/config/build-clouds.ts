import { builtInClouds, type Cloud } from '../../core/base/clouds.ts';
import { AppError } from '../../core/base/errors.ts';
import type { CloudSection } from './config-schema.ts';

/** Built-in clouds and those of the configuration, by name. A built-in one cannot be redefined. */
export function buildClouds(sections: Readonly<Record<string, CloudSection>>): Map<string, Cloud> {
  const clouds = new Map(Object.entries(builtInClouds));
  for (const [name, section] of Object.entries(sections)) {
    if (clouds.has(name)) {
      throw new AppError(
        'configuration',
        `The configuration is broken: clouds.${name} is the name of a built-in cloud.`,
        {
          hint: 'Give the cloud another name.',
        },
      );
    }
    clouds.set(name, buildCloud(name, section));
  }
  return clouds;
}

function buildCloud(name: string, section: CloudSection): Cloud {
  const { graph, resource_manager: resourceManager, devops, ...dataPlanes } = section.token_audience ?? {};
  const dataPlaneAudiences = definedOnly(dataPlanes);
  return {
    name,
    login: withoutTrailingSlash(section.login),
    graph: withoutTrailingSlash(section.graph),
    resourceManager: withoutTrailingSlash(section.resource_manager),
    // A cloud without DevOps has no host that could receive its tokens: nothing listens on the reserved name.
    devops: withoutTrailingSlash(section.devops ?? 'https://devops.invalid'),
    dataPlane: definedOnly(section.data_plane ?? {}),
    ...(graph === undefined ? {} : { graphAudience: graph }),
    ...(resourceManager === undefined ? {} : { resourceManagerAudience: resourceManager }),
    ...(devops === undefined ? {} : { devopsAudience: devops }),
    ...(Object.keys(dataPlaneAudiences).length === 0 ? {} : { dataPlaneAudiences }),
  };
}

function definedOnly(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function withoutTrailingSlash(address: string): string {
  return address.replace(/\/+$/, '');
}
