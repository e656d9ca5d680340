import { isSecretName } from './secret-members.ts';
import { secretMark } from './secret-shapes.ts';

/** Attributes of a publish profile that say where and as whom, not with what. Lower case. */
const openAttributes = new Set(
  `profilename publishmethod publishurl msdeploysite username destinationappurl controlpanellink hostingproviderforumlink
    websystem targetdatabaseenginetype targetserverversion ftppassivemode xmlns version encoding`.split(/\s+/),
);

export function isXml(text: string): boolean {
  return /^\s*<[?!a-z]/i.test(text) && !/^\s*<(?:!doctype html|html)/i.test(text);
}

/**
 * XML without its secrets: those that are named so, or, where a whole answer is secret, everything but the attributes of
 * publish profiles that are known to be open.
 */
export function maskXml(xml: string, isWhole: boolean): string {
  // A name may have a prefix: `d:password`.
  const isSecret = (name: string) => isSecretName(name.toLowerCase().replace(/^.*:/, ''));
  const isOpen = (name: string) => (isWhole ? openAttributes.has(name.toLowerCase()) : !isSecret(name));
  return xml
    .replace(/([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')/g, (whole, name: string, equals: string, value: string) => {
      const quote = value[0] ?? '"';
      return value.length === 2 || isOpen(name) ? whole : `${name}${equals}${quote}${secretMark}${quote}`;
    })
    .replace(
      /<([\w:.-]+)([^<>]*)>((?:[^<>]|<!\[CDATA\[[\s\S]*?\]\]>)+)</g,
      (whole, name: string, rest: string, text: string) => {
        return (isWhole || isSecret(name)) && text.trim() !== '' && !rest.endsWith('/')
          ? `<${name}${rest}>${secretMark}<`
          : whole;
      },
    )
    .replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, (whole) => (isWhole ? secretMark : whole));
}
