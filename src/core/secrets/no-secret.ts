/** Texts that plainly are no secret, and what they are instead. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/^\{[\s\S]*\}$|^\[[\s\S]*\]$/, 'JSON or a placeholder'],
  [/^"[\s\S]*"$|^'[\s\S]*'$/, 'a text in quotes'],
  [/^(?:env|file|secret|prompt|previous|vault)\s*:/i, 'the name of a source'],
  [/^\$\{[\s\S]*\}$|^\$\([\s\S]*\)$/, 'a placeholder'],
  [/^\$(?:env:\w+|[A-Z_][A-Z0-9_]*)$/, 'the name of a variable'],
  [/^%[A-Za-z_]\w*%$/, 'the name of a variable'],
  [/^<[^<>]*>$/, 'a placeholder'],
  [/^[•●∙·*.…]+$/u, 'a masked value'],
  [/^x{4,}$/i, 'a masked value'],
  [/^bearer\s/i, 'a header: leave out the word Bearer'],
  [
    /^(?:your|insert|enter|paste|replace)(?:[-_ ]+[a-z]+){0,5}[-_ ]+(?:secret|password|key|token|certificate|value|here|me)$/i,
    'a placeholder',
  ],
  [/^(?:client[-_ ])?(?:secret|password|token|api[-_ ]?key)(?:[-_ ](?:value|here))?$/i, 'a placeholder'],
  [/^(?:replace|change)[-_ ]?me$|^(?:null|undefined|redacted|placeholder)$/i, 'a placeholder'],
];

/** Says what a text is that plainly is no secret: a placeholder, a reference in another notation, a masked value. */
export function whyNoSecret(text: string): string | undefined {
  const value = text.trim();
  return forms.find(([form]) => form.test(value))?.[1];
}
