import { z } from 'zod';
import { guidPattern } from '../base/guid.ts';

const guid = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.string().regex(guidPattern, 'use a GUID such as 00000000-0000-0000-0000-000000000001'));

/** A directory: its id or one of its domains. `common` and its kin are no directories and have no dot. */
const tenant = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z
      .string()
      .max(253)
      .refine(
        (text) =>
          guidPattern.test(text) || /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(text),
        'use the tenant id (a GUID) or a domain of the tenant such as contoso.example',
      ),
  );

/** Who and what a connection is for; every part is optional, `connectionRequirements` says which are needed when. */
export const identitySchema = z.strictObject({
  tenant_id: tenant.optional(),
  client_id: guid.optional(),
  subscription_id: guid.optional(),
  default_location: z
    .string()
    .regex(/^[a-z0-9]{2,40}$/, 'use a region name such as westeurope')
    .optional(),
  organization: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,49}$/, 'use the organization name, without address')
    .optional(),
  management_group_id: z
    .string()
    .regex(/^(?!\.+$)[A-Za-z0-9_().-]{1,90}$/, 'use the id of a management group')
    .optional(),
  resource_group: z
    .string()
    .regex(/^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u, 'use the name of a resource group')
    .optional(),
  workspace_name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$/, 'use the name of a workspace')
    .optional(),
});
