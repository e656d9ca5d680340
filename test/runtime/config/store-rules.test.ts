import { expect, test } from 'vitest';
import { errorOf, load } from './write-config.ts';

const address = 'postgres://tenantry@db.contoso.com:5432/tenantry';

test('without a section and a variable, connections stay in the home', async () => {
  expect((await load('max_result_bytes: 12000\n')).config.store).toBeUndefined();
});

test('a section names the database, and where password and master key stand', async () => {
  const { config, error } = await load(`store:
  url: ${address}
  password: { env: DB_PASSWORD }
  ca: /etc/ca.pem
  schema: tools
  max_connections: 3
  master_key: { file: /run/key }
`);
  expect(error).toBeUndefined();
  expect(config.store).toEqual({
    url: address,
    password: { env: 'DB_PASSWORD' },
    ca: '/etc/ca.pem',
    tls: true,
    schema: 'tools',
    mostConnections: 3,
    masterKey: { file: '/run/key' },
  });
});

test('the variable is enough, wins over the section, and may have a password', async () => {
  const url = 'postgres://u:MARKED@h/d';
  const alone = await load(undefined, { TENANTRY_DATABASE_URL: url });
  expect(alone.config.store).toEqual({ url, tls: true, schema: 'tenantry', mostConnections: 8 });
  const both = await load(`store: { url: "${address}", schema: tools }\n`, { TENANTRY_DATABASE_URL: url });
  expect(both.config.store).toMatchObject({ url, schema: 'tools' });
});

test('a mode that asks for TLS is what is done anyway', async () => {
  const { config } = await load(undefined, { TENANTRY_DATABASE_URL: `${address}?sslmode=verify-full` });
  expect(config.store?.url).toBe(address);
});

test.each([
  ['no address', 'store: { schema: tools }', 'store.url is no address'],
  ['another kind of database', 'store: { url: "mysql://u@h/d" }', 'store.url is no address'],
  ['no database', 'store: { url: "postgres://u@h" }', 'store.url is no address'],
  ['a password in the file', 'store: { url: "postgres://u:MARKED@h/d" }', 'store.url has a password'],
  ['a mode without checks', `store: { url: "${address}?sslmode=no-verify" }`, 'options behind ?'],
  ['other options', `store: { url: "${address}?host=/tmp&password=MARKED" }`, 'options behind ?'],
  ['no TLS to another machine', `store: { url: "${address}", tls: false }`, 'another machine'],
  ['a relative authority', `store: { url: "${address}", ca: ca.pem }`, 'store.ca'],
  ['a schema that is no name', `store: { url: "${address}", schema: "a\\"b" }`, 'store.schema'],
  ['an unknown key', `store: { url: "${address}", pool: 3 }`, 'pool'],
])('%s is refused, and nothing secret is quoted', async (_, text, words) => {
  const message = await errorOf(`${text}\n`);
  expect(message).toContain(words);
  expect(message).not.toContain('MARKED');
});

test('no TLS is for this machine', async () => {
  const { config } = await load('store: { url: "postgres://u@localhost/d", tls: false }\n');
  expect(config.store).toMatchObject({ tls: false });
});

test('a rotation names the earlier key beside the new one, and never alone', async () => {
  const keys = 'master_key: { env: NEW }, previous_master_key: { file: /run/old }';
  const { config, error } = await load(`store: { url: "${address}", ${keys} }\n`);
  expect(error).toBeUndefined();
  expect(config.store).toMatchObject({ masterKey: { env: 'NEW' }, previousMasterKey: { file: '/run/old' } });
  const alone = await errorOf(`store: { url: "${address}", previous_master_key: { env: OLD } }\n`);
  expect(alone).toContain('store.previous_master_key stands without store.master_key');
});

test('a token of Entra is the password where that is said, of the process or of an identity that is named', async () => {
  const loadEntra = (entra: string) => load(`store: { url: "${address}", password: { entra: ${entra} } }\n`);
  expect((await loadEntra('true')).config.store).toMatchObject({ signIn: { cloud: 'public' } });
  const id = '00000000-0000-0000-0000-00000000000a';
  const named = await loadEntra(`{ auth_type: managed_identity, client_id: ${id}, cloud: usgovernment }`);
  expect(named.config.store).toMatchObject({
    signIn: { cloud: 'usgovernment', authType: 'managed_identity', clientId: id },
  });
  expect(named.config.store).not.toHaveProperty('password');
  for (const entra of ['false', '{ client_secret: x }', '{ auth_type: client_secret }']) {
    expect((await loadEntra(entra)).error, entra).toMatchObject({ code: 'configuration' });
  }
});
