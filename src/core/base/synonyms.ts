// Words that people and models write for ours. Both sides are in lower case without `_`, `-`, `$` and spaces.

const words: Readonly<Record<string, readonly string[]>> = {
  // Keys of arguments, of the configuration, flags.
  account: ['connection'],
  app: ['clientid'],
  appid: ['clientid'],
  application: ['clientid'],
  applicationid: ['clientid'],
  cert: ['certificate'],
  client: ['clientid'],
  count: ['limit', 'lines'],
  data: ['body'],
  directory: ['tenantid'],
  directoryid: ['tenantid'],
  etag: ['ifmatch'],
  file: ['saveas'],
  filename: ['saveas'],
  force: ['confirm', 'replace'],
  groupby: ['countby'],
  href: ['endpoint', 'path', 'url'],
  json: ['body'],
  key: ['clientsecret', 'secret'],
  kql: ['query'],
  license: ['add', 'sku'],
  licence: ['add', 'sku'],
  location: ['defaultlocation'],
  max: ['limit'],
  maxitems: ['limit'],
  maxresults: ['limit'],
  name: ['connection'],
  nextlink: ['cursor'],
  options: ['params', 'settings'],
  outfile: ['saveas'],
  org: ['organization'],
  pagesize: ['limit'],
  pagetoken: ['cursor'],
  password: ['clientsecret'],
  payload: ['body'],
  pem: ['certificate'],
  preview: ['dryrun'],
  queryparameters: ['params'],
  region: ['defaultlocation'],
  rg: ['resourcegroup'],
  secret: ['clientsecret', 'azure'],
  skiptoken: ['cursor'],
  sub: ['subscriptionid'],
  subscription: ['subscriptionid', 'subscriptions'],
  tenant: ['tenantid'],
  top: ['limit'],
  uri: ['endpoint', 'path', 'url'],
  version: ['apiversion'],
  whatif: ['dryrun'],
  workspace: ['workspacename'],
  // Values.
  ado: ['devops'],
  aml: ['ml'],
  arm: ['resources'],
  azuread: ['directory', 'graph'],
  azuredevops: ['devops'],
  blob: ['storage'],
  cli: ['azurecli'],
  entra: ['directory', 'graph'],
  federated: ['workloadidentity'],
  federation: ['workloadidentity', 'workloadidentityfederation'],
  machinelearning: ['ml'],
  managedserviceidentity: ['managedidentity'],
  microsoftgraph: ['directory', 'graph'],
  msgraph: ['directory', 'graph'],
  msi: ['managedidentity'],
  oidc: ['workloadidentity'],
  pat: ['bearer', 'token'],
  read: ['readonly'],
  ro: ['readonly'],
  rw: ['readwrite'],
  write: ['readwrite'],
  // Commands.
  check: ['validate', 'doctor'],
  delete: ['remove'],
  install: ['setup'],
  log: ['audit'],
  logs: ['audit'],
  ls: ['list'],
  mcp: ['stdio'],
  new: ['create'],
  rm: ['remove'],
  rotate: ['complete'],
  run: ['call'],
  serve: ['http'],
  server: ['http', 'stdio'],
  status: ['doctor', 'show'],
  test: ['validate'],
};

/** The words that `word` may stand for; both as `bareWord` makes them. */
export function synonymsOf(word: string): readonly string[] {
  return Object.hasOwn(words, word) ? (words[word] ?? []) : [];
}

/** A word without what people leave out, add or write in their own way: case, `_`, `-`, `$` and spaces. */
export function bareWord(text: string): string {
  return text.toLowerCase().replace(/[_\-$\s]/g, '');
}

/** Options of a query, which belong into `params`. */
const queryOptions = ['select', 'filter', 'expand', 'orderby', 'search', 'top', 'skip', 'count', 'format'];

/** Where the value of an unknown key belongs, when that is not a key of its own beside the valid ones. */
export function placeOf(key: string, valid: readonly string[]): string | undefined {
  const option = queryOptions.find((one) => one === bareWord(key));
  return option !== undefined && valid.includes('params') ? `pass it in params, as {"$${option}": …}` : undefined;
}
