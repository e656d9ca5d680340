import {
  absentAddress,
  builtInClouds,
  type Cloud,
  cloudServices,
  type ServiceAddresses,
  tokenServices,
  withoutTrailingSlash,
} from '../../core/base/clouds.ts';
import { AppError } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { CloudSection } from './config-schema.ts';

/** Built-in clouds and those of the configuration, by name. A built-in one cannot be redefined. */
export function buildClouds(sections: Readonly<Record<string, CloudSection>>): Map<string, Cloud> {
  const clouds = new Map(Object.entries(builtInClouds));
  for (const [name, section] of Object.entries(sections)) {
    if (clouds.has(name)) {
      const message = `The configuration is broken: clouds.${name} is the name of a built-in cloud.`;
      throw new AppError('configuration', message, { hint: 'Give the cloud another name.' });
    }
    clouds.set(name, buildCloud(name, section));
  }
  return clouds;
}

function buildCloud(name: string, section: CloudSection): Cloud {
  const addresses = tokenServices.map((service) => [
    cloudServices[service].member,
    withoutTrailingSlash(section[service] ?? absentAddress(service)),
  ]);
  return {
    // The table of services names exactly these members.
    ...(Object.fromEntries(addresses) as ServiceAddresses),
    name,
    login: withoutTrailingSlash(section.login),
    dataPlane: withoutUndefined(section.data_plane ?? {}),
    audiences: withoutUndefined(section.token_audience ?? {}),
  };
}
