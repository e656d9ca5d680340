import { servicePlanIds } from './service-plan-ids.ts';

/** A product that the tenant owns, with its service plans. */
interface LicenceProduct {
  readonly skuPartNumber: string;
  readonly skuId: string;
  readonly plans: readonly string[];
}

/** Source: Microsoft's table "Product names and service plan identifiers for licensing". */
export const licenceProducts = {
  SPE_E3: {
    skuPartNumber: 'SPE_E3',
    skuId: '05e9a617-0261-4cee-bb44-138d3ef5d965',
    plans: (
      'UNIVERSAL_PRINT_01 YAMMER_ENTERPRISE WHITEBOARD_PLAN2 SWAY VIVAENGAGE_CORE BPOS_S_TODO_2 ' +
      'WIN10_PRO_ENT_SUB VIVA_LEARNING_SEEDED Windows_Autopatch INTUNE_A RMS_S_PREMIUM DYN365_CDS_O365_P2 ' +
      'MFA_PREMIUM ADALLOM_S_DISCOVERY AAD_PREMIUM MCOSTANDARD POWERAPPS_O365_P2 ' +
      'POWER_VIRTUAL_AGENTS_O365_P2 WINDOWSUPDATEFORBUSINESS_DEPLOYMENTSERVICE SHAREPOINTENTERPRISE ' +
      'FLOW_O365_P2 PROJECT_O365_P2 MESH_AVATARS_FOR_TEAMS MESH_AVATARS_ADDITIONAL_FOR_TEAMS ' +
      'RMS_S_ENTERPRISE CDS_O365_P2 GRAPH_CONNECTORS_SEARCH_INDEX MESH_IMMERSIVE_FOR_TEAMS ' +
      'ContentExplorer_Standard MIP_S_CLP1 MYANALYTICS_P2 OFFICESUBSCRIPTION M365_LIGHTHOUSE_CUSTOMER_PLAN1 ' +
      'M365_LIGHTHOUSE_PARTNER_PLAN1 EXCHANGE_S_ENTERPRISE CLIPCHAMP MICROSOFTBOOKINGS Nucleus INTUNE_O365 ' +
      'SHAREPOINTWAC STREAM_O365_E3 Deskless TEAMS1 PROJECTWORKMANAGEMENT MICROSOFT_LOOP KAIZALA_O365_P3 ' +
      'FORMS_PLAN_E3 MDE_LITE MICROSOFT_SEARCH ATP_ENTERPRISE'
    ).split(' '),
  },
  SPE_E5: {
    skuPartNumber: 'SPE_E5',
    skuId: '06ebc4ee-1bb5-47dd-8120-11324bc54e06',
    plans: (
      'Deskless MCOSTANDARD SHAREPOINTENTERPRISE PURVIEW_DISCOVERY PROJECT_O365_P3 PREMIUM_ENCRYPTION ' +
      'BI_AZURE_P2 POWERAPPS_O365_P3 SHAREPOINTWAC SWAY PAM_ENTERPRISE ADALLOM_S_O365 EQUIVIO_ANALYTICS ' +
      'Nucleus INTUNE_O365 TEAMS1 STREAM_O365_E5 SAFEDOCS BPOS_S_TODO_3 VIVA_LEARNING_SEEDED ' +
      'MICROSOFT_SEARCH POWER_VIRTUAL_AGENTS_O365_P3 FLOW_O365_P3 INTUNE_A AAD_PREMIUM_P2 AAD_PREMIUM ATA ' +
      'ADALLOM_S_STANDALONE MFA_PREMIUM DYN365_CDS_O365_P3 RMS_S_PREMIUM2 RMS_S_PREMIUM ' +
      'WINDOWSUPDATEFORBUSINESS_DEPLOYMENTSERVICE Windows_Autopatch WIN10_PRO_ENT_SUB UNIVERSAL_PRINT_01 ' +
      'MICROSOFTENDPOINTDLP WINDEFATP YAMMER_ENTERPRISE WHITEBOARD_PLAN3 VIVAENGAGE_CORE RECORDS_MANAGEMENT ' +
      'Defender_for_Iot_Enterprise EXCHANGE_ANALYTICS MYANALYTICS_P2 MIP_S_CLP1 MIP_S_CLP2 ' +
      'ContentExplorer_Standard Content_Explorer INFORMATION_BARRIERS MESH_IMMERSIVE_FOR_TEAMS ' +
      'GRAPH_CONNECTORS_SEARCH_INDEX EXCHANGE_S_ENTERPRISE MIP_S_Exchange CustomerLockboxA_Enterprise ' +
      'LOCKBOX_ENTERPRISE CDS_O365_P3 Bing_Chat_Enterprise RMS_S_ENTERPRISE ' +
      'MESH_AVATARS_ADDITIONAL_FOR_TEAMS PROJECTWORKMANAGEMENT M365_ADVANCED_AUDITING OFFICESUBSCRIPTION ' +
      'MESH_AVATARS_FOR_TEAMS M365_AUDIT_PLATFORM ML_CLASSIFICATION MICROSOFT_LOOP KAIZALA_STANDALONE ' +
      'INSIDER_RISK INFO_GOVERNANCE MCOMEETADV EXCEL_PREMIUM THREAT_INTELLIGENCE ATP_ENTERPRISE ' +
      'FORMS_PLAN_E5 CUSTOMER_KEY COMMUNICATIONS_DLP CLIPCHAMP MICROSOFTBOOKINGS MCOEV ' +
      'M365_LIGHTHOUSE_CUSTOMER_PLAN1 MTP MICROSOFT_COMMUNICATION_COMPLIANCE DATA_INVESTIGATIONS'
    ).split(' '),
  },
  EMS: {
    skuPartNumber: 'EMS',
    skuId: 'efccb6f7-5641-4e0e-bd10-b4976e1bf68e',
    plans: (
      'AAD_PREMIUM RMS_S_PREMIUM ADALLOM_S_DISCOVERY EXCHANGE_S_FOUNDATION RMS_S_ENTERPRISE MFA_PREMIUM ' + 'INTUNE_A'
    ).split(' '),
  },
  POWER_BI_PRO: {
    skuPartNumber: 'POWER_BI_PRO',
    skuId: 'f8a1db68-be16-40ed-86d5-cb42ce701560',
    plans: 'BI_AZURE_P2 EXCHANGE_S_FOUNDATION'.split(' '),
  },
  STANDARDPACK: {
    skuPartNumber: 'STANDARDPACK',
    skuId: '18181a46-0d4e-45cd-891e-60aabd171b4e',
    plans: (
      'BPOS_S_TODO_1 Nucleus STREAM_O365_E1 RMS_S_BASIC DYN365_CDS_O365_P1 YAMMER_ENTERPRISE ' +
      'WHITEBOARD_PLAN1 VIVA_LEARNING_SEEDED VIVAENGAGE_CORE SWAY MCOSTANDARD SHAREPOINTSTANDARD ' +
      'PROJECT_O365_P1 OFFICEMOBILE_SUBSCRIPTION SHAREPOINTWAC POWER_VIRTUAL_AGENTS_O365_P1 ' +
      'POWERAPPS_O365_P1 INTUNE_O365 Deskless MICROSOFT_SEARCH PROJECTWORKMANAGEMENT KAIZALA_O365_P2 ' +
      'FORMS_PLAN_E1 MICROSOFTBOOKINGS M365_LIGHTHOUSE_CUSTOMER_PLAN1 MYANALYTICS_P2 ' +
      'MESH_IMMERSIVE_FOR_TEAMS EXCHANGE_S_STANDARD CDS_O365_P1 Bing_Chat_Enterprise ' +
      'MESH_AVATARS_ADDITIONAL_FOR_TEAMS MESH_AVATARS_FOR_TEAMS TEAMS1 FLOW_O365_P1'
    ).split(' '),
  },
  VISIOCLIENT: {
    skuPartNumber: 'VISIOCLIENT',
    skuId: 'c5928f49-12ba-48f7-ada3-0d743a3601d5',
    plans: 'EXCHANGE_S_FOUNDATION ONEDRIVE_BASIC VISIO_CLIENT_SUBSCRIPTION VISIOONLINE'.split(' '),
  },
  PROJECTPROFESSIONAL: {
    skuPartNumber: 'PROJECTPROFESSIONAL',
    skuId: '53818b1b-4a27-454b-8896-0dba576410e6',
    plans: (
      'PROJECT_PROFESSIONAL SHAREPOINT_PROJECT PROJECT_CLIENT_SUBSCRIPTION SHAREPOINTWAC FLOW_FOR_PROJECT ' +
      'EXCHANGE_S_FOUNDATION SHAREPOINTENTERPRISE DYN365_CDS_PROJECT'
    ).split(' '),
  },
  FLOW_FREE: {
    skuPartNumber: 'FLOW_FREE',
    skuId: 'f30db892-07e9-47e9-837c-80727f46fd3d',
    plans: 'DYN365_CDS_VIRAL EXCHANGE_S_FOUNDATION FLOW_P2_VIRAL'.split(' '),
  },
} as const satisfies Readonly<Record<string, LicenceProduct>>;

export type SkuPartNumber = keyof typeof licenceProducts;

const productsBySkuId: ReadonlyMap<string, LicenceProduct> = new Map(
  Object.values(licenceProducts).map((product) => [product.skuId, product]),
);

/** `assignedPlans` of a user or group with these licences: each enabled plan once. */
export function assignedPlansFor(
  licences: readonly { readonly skuId: string; readonly disabledPlans: readonly string[] }[],
  assignedDateTime: string,
) {
  const plans = new Map<string, string>();
  for (const { skuId, disabledPlans } of licences) {
    for (const name of productsBySkuId.get(skuId)?.plans ?? []) {
      const id = servicePlanIds[name];
      if (id && !disabledPlans.includes(id)) plans.set(id, name);
    }
  }
  return [...plans].map(([servicePlanId, name]) => ({
    assignedDateTime,
    capabilityStatus: 'Enabled',
    service: serviceOf(name),
    servicePlanId,
  }));
}

/** The service that a plan belongs to, as `assignedPlans` names it. */
export function serviceOf(planName: string): string {
  const [, service] = servicePatterns.find(([pattern]) => pattern.test(planName)) ?? [];
  return service ?? 'MicrosoftOffice';
}

const servicePatterns: readonly (readonly [RegExp, string])[] = [
  [/^EXCHANGE|^LOCKBOX|^MICROSOFTBOOKINGS|^INFORMATION_BARRIERS/, 'exchange'],
  [/^SHAREPOINT|^ONEDRIVE|^SWAY|^VISIOONLINE/, 'SharePoint'],
  [/^TEAMS|^MESH/, 'TeamspaceAPI'],
  [/^MCO/, 'MicrosoftCommunicationsOnline'],
  [/^AAD_|^MFA_/, 'AADPremiumService'],
  [/^RMS_/, 'RMSOnline'],
  [/^INTUNE/, 'SCO'],
  [/^YAMMER|^VIVAENGAGE/, 'YammerEnterprise'],
  [/^BI_/, 'PowerBI'],
  [/^WINDEFATP|^MDE_/, 'WindowsDefenderATP'],
];
