import type { Cloud } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';

/** `settings.base_url` may choose the version and a path of the cloud's own Graph host, never another host. */
export function checkBaseUrl(baseUrl: string | undefined, cloud: Cloud): void {
  if (baseUrl === undefined) return;
  const graph = new URL(cloud.graph);
  const url = URL.parse(baseUrl);
  const isSame = url !== null && url.origin === graph.origin && url.username === '' && url.password === '';
  if (!isSame || url.search !== '' || url.hash !== '' || !/\/(v1\.0|beta)\/?$/.test(url.pathname)) {
    throw new AppError('invalid_argument', 'settings.base_url is not a Microsoft Graph root of the cloud.', {
      hint: `Use ${cloud.graph.replace(/\/$/, '')}/v1.0 or …/beta; for another cloud pass cloud.`,
      detail: { field: 'settings.base_url' },
    });
  }
}
