/** The emulated tenant's fixed names and ids. */
export const tenant = {
  id: '5a11d0c5-7e4a-4c0d-8b0a-c04705000001',
  displayName: 'Contoso',
  domain: 'contoso.example',
  /** The initial domain, used by guests and the emergency account. */
  initialDomain: 'contoso.onmicrosoft.com',
  subscriptionId: '5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001',
  secondSubscriptionId: '5a11d0c5-7e4a-4c0d-8b0a-5b5c00000002',
  countryCode: 'DE',
  createdAt: '2016-03-14T08:30:00Z',
} as const;
