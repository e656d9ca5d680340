/** The environment variable that carries the demo app's secret to the server, as an operator would do it. */
export const demoSecretVariable = 'TENANTRY_DEMO_SECRET';
/** The same for the app of the declared connection that makes reports. */
export const reportsSecretVariable = 'TENANTRY_DEMO_REPORTS_SECRET';
/** The connection that the tour makes first. */
export const demoConnection = 'contoso';
/** The cloud's name in the demo's configuration file. */
export const demoCloud = 'lab';
