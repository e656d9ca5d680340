/** Given names of the generator, distinct even without accents. */
export const givenNames =
  'Ada Adrian Aisha Alejandro Amara Anika Anton Aoife Arjun Astrid Beatriz Benedikt Bilal Camille Carlos Chiara Clara Daniel Dariusz Deniz Dina Eamon Elena Elif Emil Esther Fatima Felix Fiona Francesca Freya Gabriel Gloria Greta Hana Hannah Hugo Ines Ingrid Isaac Ivana Jakub Jamal Joana Jonas José Julia Kaito Karin Keiko Khalid Lars Laura Leïla Leon Lina Lucía Luis Magdalena Malik Mara Marco Marie Mateo Maya Mei Mira Nadia Naomi Nia Nils Noah Nora Olga Oscar Paula Pavel Priya Rafael Renée Rosa Ruben Samira Sanjay Sara Sofía Stefan Tamar Tariq Teresa Theo Tomás Uma Valeria Viktor Wanda Xavier Yara Yusuf Zoë'.split(
    ' ',
  );

/** Family names of the generator. */
export const familyNames =
  "Abadi Acosta Adeyemi Almeida Andersson Bakker Banerjee Barros Baumann Becker Bennett Berg Bianchi Blanc Brandt Byrne Castillo Chen Cohen Costa Cruz Dahl Das Dawson Delgado Diaz Dubois Duarte Eklund Ellis Engel Evans Farkas Ferrari Fischer Flores Fontaine Foster Fujita Garcia Gupta Haddad Hansen Hartmann Hayashi Herrera Hoffmann Horvath Hughes Ibrahim Ito Ivanov Jansen Jensen Johansson Kaya Keller Khan Kim Klein Kowalski Kumar Lambert Larsen Laurent Lehmann Lindgren Lopez Martin Mensah Meyer Moreau Müller Murphy Nakamura Nguyen Novak Nowak O'Brien Okafor Oliveira Park Patel Pereira Petrov Quinn Ramos Reyes Ricci Rossi Santos Sato Schmidt Schneider Silva Singh Suzuki Tanaka Vargas Weber Wolf Wright Yamada Yilmaz Ziegler".split(
    ' ',
  );

export interface Office {
  readonly name: string;
  readonly city: string;
  readonly state: string | null;
  readonly country: string;
  readonly usageLocation: string;
  readonly street: string;
  readonly postalCode: string;
  readonly phonePrefix: string;
  readonly language: string;
}

export const offices: readonly Office[] = [
  office('Munich / M1', 'Munich', 'Bavaria', 'Germany', 'DE', 'Leopoldstr. 12', '80802', '+49 89 5550', 'de-DE'),
  office('Berlin / B2', 'Berlin', null, 'Germany', 'DE', 'Torstr. 140', '10119', '+49 30 5550', 'de-DE'),
  office('Dublin / D1', 'Dublin', null, 'Ireland', 'IE', '7 Barrow Street', 'D04 V4X7', '+353 1 555', 'en-IE'),
  office(
    'London / L3',
    'London',
    null,
    'United Kingdom',
    'GB',
    '40 Holborn Viaduct',
    'EC1N 2PB',
    '+44 20 5550',
    'en-GB',
  ),
  office('Paris / P1', 'Paris', 'Île-de-France', 'France', 'FR', '18 rue de Londres', '75009', '+33 1 5550', 'fr-FR'),
  office('Seattle / 18', 'Seattle', 'WA', 'United States', 'US', '1420 Fifth Avenue', '98101', '+1 206 555', 'en-US'),
  office(
    'São Paulo / 2',
    'São Paulo',
    'SP',
    'Brazil',
    'BR',
    'Avenida Paulista 1000',
    '01310-100',
    '+55 11 5550',
    'pt-BR',
  ),
  office('Tokyo / T4', 'Tokyo', null, 'Japan', 'JP', '2-7-3 Marunouchi', '100-0005', '+81 3 5550', 'ja-JP'),
];

function office(
  name: string,
  city: string,
  state: string | null,
  country: string,
  usageLocation: string,
  street: string,
  postalCode: string,
  phonePrefix: string,
  language: string,
): Office {
  return { name, city, state, country, usageLocation, street, postalCode, phonePrefix, language };
}

/** Departments with their job titles, most senior first. */
export const departments: readonly { readonly name: string; readonly titles: readonly string[] }[] = [
  {
    name: 'Engineering',
    titles: ['Director of Engineering', 'Principal Engineer', 'Senior Engineer', 'Software Engineer'],
  },
  { name: 'Sales', titles: ['Sales Director', 'Regional Sales Manager', 'Account Executive', 'Sales Representative'] },
  { name: 'Marketing', titles: ['Marketing Director', 'Brand Manager', 'Content Strategist', 'Marketing Specialist'] },
  { name: 'Finance', titles: ['Finance Director', 'Controller', 'Senior Accountant', 'Accountant'] },
  { name: 'Human Resources', titles: ['HR Director', 'HR Business Partner', 'Recruiter', 'HR Coordinator'] },
  { name: 'IT', titles: ['IT Director', 'Cloud Architect', 'Systems Administrator', 'Helpdesk Technician'] },
  { name: 'Legal', titles: ['General Counsel', 'Senior Counsel', 'Counsel', 'Paralegal'] },
  { name: 'Operations', titles: ['Operations Director', 'Plant Manager', 'Logistics Planner', 'Operations Analyst'] },
  { name: 'Research', titles: ['Research Director', 'Principal Scientist', 'Data Scientist', 'Research Associate'] },
  {
    name: 'Customer Support',
    titles: ['Support Director', 'Support Lead', 'Senior Support Engineer', 'Support Engineer'],
  },
];

/** Companies of the guests. */
export const partners: readonly { readonly name: string; readonly domain: string }[] = [
  { name: 'Fabrikam', domain: 'fabrikam.example' },
  { name: 'Northwind Traders', domain: 'northwind.example' },
  { name: 'Adatum', domain: 'adatum.example' },
];
