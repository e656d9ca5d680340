import { resourceTypeOf } from '../secrets/answers/answer-rules.ts';
import { maskAnswer } from '../secrets/answers/mask-answer.ts';
import { writtenForms } from '../secrets/secret.ts';
import { type FillableRequest, literalsIn } from './fillable-members.ts';

const asked = { download: true, upload: true, thumbnails: true, isAboutThumbnails: false };

/** Shorter values would blank out ordinary words. */
const shortest = 6;

/** The values of a deployment are what is decided about: only those that are declared as secure are hidden. */
const deployments = 'microsoft.resources/deployments';

/**
 * A body as it is shown before it is sent: the texts that answers would hide are the mark. References to secrets stay as
 * they are.
 */
export function shownBody<Body>(request: FillableRequest & { readonly body: Body }): Body {
  const { api, path, body } = request;
  const type = api === 'arm' ? resourceTypeOf(path) : '';
  const secrets = literalsIn(request).filter((text) => text.length >= shortest);
  // Texts alone are changed.
  return maskAnswer(body, {
    api,
    type: type === deployments ? '' : type,
    rule: undefined,
    isFailure: true,
    asked,
    known: undefined,
    sent: secrets.flatMap(writtenForms).toSorted((one, other) => other.length - one.length),
  }).value as Body;
}
