import type { ZoneTable } from './zone';

/** A country, region or network by its E.164 prefix, and the zone that a catalogue without a table of its own puts it in. */
export interface Prefix {
  readonly prefix: string;
  readonly name: string;
  readonly zone: string;
}

type Names = Readonly<Record<string, string>>;

const NATIONAL: Names = {
  353: 'Ireland', 35383: 'Ireland, mobile', 35385: 'Ireland, mobile', 35386: 'Ireland, mobile', 35387: 'Ireland, mobile', 35389: 'Ireland, mobile',
};

const W1: Names = {
  1: 'United States, Canada', 33: 'France', 44: 'United Kingdom', 49: 'Germany',
  1340: 'United States Virgin Islands', 1670: 'Northern Mariana Islands', 1671: 'Guam', 1787: 'Puerto Rico', 1907: 'Alaska', 1808: 'Hawaii', 1939: 'Puerto Rico',
};

// The islands beside the United Kingdom number under +44 but are networks, and prices, of their own.
const W2: Names = {
  48: 'Poland', 55: 'Brazil', 91: 'India',
  441481: 'Guernsey', 441534: 'Jersey', 441624: 'Isle of Man', 447624: 'Isle of Man, mobile', 447781: 'Guernsey, mobile',
  447797: 'Jersey, mobile', 447829: 'Jersey, mobile', 447911: 'Guernsey, mobile', 447924: 'Isle of Man, mobile', 447937: 'Jersey, mobile',
};

const W3: Names = {
  // Under +1, but neither the United States nor Canada.
  1242: 'Bahamas', 1246: 'Barbados', 1264: 'Anguilla', 1268: 'Antigua and Barbuda', 1284: 'British Virgin Islands', 1345: 'Cayman Islands', 1441: 'Bermuda',
  1473: 'Grenada', 1649: 'Turks and Caicos Islands', 1658: 'Jamaica', 1664: 'Montserrat', 1684: 'American Samoa', 1721: 'Sint Maarten', 1758: 'Saint Lucia',
  1767: 'Dominica', 1784: 'Saint Vincent and the Grenadines', 1809: 'Dominican Republic', 1829: 'Dominican Republic', 1849: 'Dominican Republic',
  1868: 'Trinidad and Tobago', 1869: 'Saint Kitts and Nevis', 1876: 'Jamaica',
  20: 'Egypt', 211: 'South Sudan', 212: 'Morocco', 213: 'Algeria', 216: 'Tunisia', 218: 'Libya', 220: 'Gambia', 221: 'Senegal', 222: 'Mauritania', 223: 'Mali',
  224: 'Guinea', 225: "Côte d'Ivoire", 226: 'Burkina Faso', 227: 'Niger', 228: 'Togo', 229: 'Benin', 230: 'Mauritius', 231: 'Liberia', 232: 'Sierra Leone',
  233: 'Ghana', 234: 'Nigeria', 235: 'Chad', 236: 'Central African Republic', 237: 'Cameroon', 238: 'Cape Verde', 239: 'São Tomé and Príncipe',
  240: 'Equatorial Guinea', 241: 'Gabon', 242: 'Congo', 243: 'Democratic Republic of the Congo', 244: 'Angola', 245: 'Guinea-Bissau', 246: 'Diego Garcia',
  247: 'Ascension', 248: 'Seychelles', 249: 'Sudan', 250: 'Rwanda', 251: 'Ethiopia', 252: 'Somalia', 253: 'Djibouti', 254: 'Kenya', 255: 'Tanzania',
  256: 'Uganda', 257: 'Burundi', 258: 'Mozambique', 260: 'Zambia', 261: 'Madagascar', 262: 'Réunion, Mayotte', 263: 'Zimbabwe', 264: 'Namibia', 265: 'Malawi',
  266: 'Lesotho', 267: 'Botswana', 268: 'Eswatini', 269: 'Comoros', 27: 'South Africa', 290: 'Saint Helena', 291: 'Eritrea', 297: 'Aruba', 298: 'Faroe Islands', 299: 'Greenland',
  30: 'Greece', 31: 'Netherlands', 32: 'Belgium', 34: 'Spain', 350: 'Gibraltar', 351: 'Portugal', 352: 'Luxembourg', 354: 'Iceland', 355: 'Albania', 356: 'Malta',
  357: 'Cyprus', 358: 'Finland', 359: 'Bulgaria', 36: 'Hungary', 370: 'Lithuania', 371: 'Latvia', 372: 'Estonia', 373: 'Moldova', 374: 'Armenia', 375: 'Belarus',
  376: 'Andorra', 377: 'Monaco', 378: 'San Marino', 379: 'Vatican', 380: 'Ukraine', 381: 'Serbia', 382: 'Montenegro', 383: 'Kosovo', 385: 'Croatia', 386: 'Slovenia',
  387: 'Bosnia and Herzegovina', 389: 'North Macedonia', 39: 'Italy', 40: 'Romania', 41: 'Switzerland', 420: 'Czechia', 421: 'Slovakia', 423: 'Liechtenstein',
  43: 'Austria', 45: 'Denmark', 46: 'Sweden', 47: 'Norway',
  500: 'Falkland Islands', 501: 'Belize', 502: 'Guatemala', 503: 'El Salvador', 504: 'Honduras', 505: 'Nicaragua', 506: 'Costa Rica', 507: 'Panama',
  508: 'Saint Pierre and Miquelon', 509: 'Haiti', 51: 'Peru', 52: 'Mexico', 53: 'Cuba', 54: 'Argentina', 56: 'Chile', 57: 'Colombia', 58: 'Venezuela',
  590: 'Guadeloupe', 591: 'Bolivia', 592: 'Guyana', 593: 'Ecuador', 594: 'French Guiana', 595: 'Paraguay', 596: 'Martinique', 597: 'Suriname', 598: 'Uruguay', 599: 'Curaçao',
  60: 'Malaysia', 61: 'Australia', 62: 'Indonesia', 63: 'Philippines', 64: 'New Zealand', 65: 'Singapore', 66: 'Thailand', 670: 'Timor-Leste', 672: 'Norfolk Island',
  673: 'Brunei', 674: 'Nauru', 675: 'Papua New Guinea', 676: 'Tonga', 677: 'Solomon Islands', 678: 'Vanuatu', 679: 'Fiji', 680: 'Palau', 681: 'Wallis and Futuna',
  682: 'Cook Islands', 683: 'Niue', 685: 'Samoa', 686: 'Kiribati', 687: 'New Caledonia', 688: 'Tuvalu', 689: 'French Polynesia', 690: 'Tokelau',
  691: 'Micronesia', 692: 'Marshall Islands',
  7: 'Russia', 76: 'Kazakhstan', 77: 'Kazakhstan', 81: 'Japan', 82: 'South Korea', 84: 'Vietnam', 850: 'North Korea', 852: 'Hong Kong', 853: 'Macao', 855: 'Cambodia',
  856: 'Laos', 86: 'China', 880: 'Bangladesh', 886: 'Taiwan', 90: 'Türkiye', 92: 'Pakistan', 93: 'Afghanistan', 94: 'Sri Lanka', 95: 'Myanmar', 960: 'Maldives',
  961: 'Lebanon', 962: 'Jordan', 963: 'Syria', 964: 'Iraq', 965: 'Kuwait', 966: 'Saudi Arabia', 967: 'Yemen', 968: 'Oman', 970: 'Palestine', 971: 'United Arab Emirates',
  972: 'Israel', 973: 'Bahrain', 974: 'Qatar', 975: 'Bhutan', 976: 'Mongolia', 977: 'Nepal', 98: 'Iran', 992: 'Tajikistan', 993: 'Turkmenistan', 994: 'Azerbaijan',
  995: 'Georgia', 996: 'Kyrgyzstan', 998: 'Uzbekistan',
};

const SATELLITE: Names = { 870: 'Inmarsat', 881: 'Global mobile satellite', 8816: 'Iridium', 8817: 'Iridium', 882: 'International networks', 883: 'International networks' };

// National service numbers as dialled. 1800 shares its digits with toll-free numbers of North America, which cost nothing either.
const FREE: Names = { 1800: 'Freephone' };
const PREMIUM: Names = { 1550: 'Premium rate' };

const of = (zone: string, names: Names): Prefix[] => Object.entries(names).map(([prefix, name]) => ({ prefix, name, zone }));

/** The world's prefixes as an Irish operator groups them: national, W1 to W3, satellite, free and premium. */
export const prefixes: readonly Prefix[] = [
  ...of('national', NATIONAL), ...of('W1', W1), ...of('W2', W2), ...of('W3', W3), ...of('satellite', SATELLITE), ...of('free', FREE), ...of('premium', PREMIUM),
];

/** Numbers of an Irish operator that cost nothing: emergency and voicemail, each only as a whole number. */
const FREE_NUMBERS: readonly string[] = ['112', '999', '171'];

/** The prefixes as a zone table, ready for prices to point to. */
export function worldZones(id: string): ZoneTable {
  const names = [...new Set(prefixes.map(({ zone }) => zone))];
  return {
    id,
    zones: names.map((name) => ({
      name,
      prefixes: prefixes.filter(({ zone }) => zone === name).map(({ prefix }) => prefix),
      ...(name === 'free' ? { numbers: FREE_NUMBERS } : {}),
    })),
  };
}
