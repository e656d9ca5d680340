/** What `/users` and `/users/{id}` answer: about 380 bytes each, as with `$select` of the usual properties. */
export function buildUser(index: number): Record<string, unknown> {
  const number = String(index).padStart(6, '0');
  return {
    id: `00000000-0000-4000-8000-000000${number}`,
    displayName: `Person Number ${number}`,
    givenName: 'Person',
    surname: `Number ${number}`,
    userPrincipalName: `person.${number}@contoso.example`,
    mail: `person.${number}@contoso.example`,
    jobTitle: 'Senior Account Manager',
    department: 'Sales and Customer Care',
    officeLocation: 'Building 7/2150',
    accountEnabled: true,
    usageLocation: 'DE',
  };
}

/** All pages of the list as bytes, made before anything is measured. */
export function buildUserPages(base: string, users: number, pageSize: number): readonly Buffer[] {
  const pages: Buffer[] = [];
  for (let start = 0; start < users; start += pageSize) {
    const value = [];
    for (let index = start; index < Math.min(start + pageSize, users); index++) value.push(buildUser(index));
    const isLast = start + pageSize >= users;
    const nextLink = `${base}/v1.0/users?$top=${pageSize}&$skiptoken=${pages.length + 1}`;
    const page = {
      '@odata.context': `${base}/v1.0/$metadata#users`,
      ...(isLast ? {} : { '@odata.nextLink': nextLink }),
      value,
    };
    pages.push(Buffer.from(JSON.stringify(page)));
  }
  return pages;
}
