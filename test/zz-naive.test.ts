import { test } from 'vitest';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { openSandboxTools } from './support/sandbox-tools.ts';
test('naive', async () => {
  const tools = await openSandboxTools();
  const sps = await tools.call('graph_query', {endpoint:'/servicePrincipals?$select=id,displayName,appRoles', format:'csv'});
  const g = await tools.call('graph_query', {endpoint:"/servicePrincipals?$filter=displayName eq 'Microsoft Graph'&$select=id"});
  console.log(sps.text.length, JSON.stringify(sps.meta), g.text);
  for (const endpoint of ['/users','/auditLogs/signIns','/applications','/subscribedSkus','/servicePrincipals','/servicePrincipals/'+g.response.data.value[0].id,'/groups']) {
    const a = await tools.call('graph_query', {endpoint});
    console.log(endpoint, a.text.length, countTokens(a.text), a.response.data?.value?.length, JSON.stringify(a.meta), a.text.slice(0,600));
  }
  const b= await tools.call('graph_batch',{requests:['/users','/groups','/applications','/subscribedSkus','/auditLogs/signIns'].map(url=>({url}))});
  console.log('batch', b.text.length, countTokens(b.text), JSON.stringify(b.meta), JSON.stringify(b.response.data.responses.map((r: any)=>[r.status,JSON.stringify(r.body).length,r.body.value?.length, r.reduced])));
  await tools.close();
}, 60000);
