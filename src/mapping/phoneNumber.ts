import type { MappingProfile } from './profile';

type Numbering = NonNullable<MappingProfile['numbers']>;

const SHORT = 6;
const DIALLED = /^[0-9*#]+$/;

/**
 * A number as E.164 digits: +353 87..., 0035387... and 087... are one. Short codes stay, letters (senders of SMS) too, in capitals.
 * Undefined for a national number of a roaming record where the profile refuses to guess the country.
 */
export function e164(text: string, numbering: Numbering | undefined, roaming: boolean): string | undefined {
  if (text.startsWith('+')) return text.slice(1).replace(/[ ()/-]/g, '');
  const digits = DIALLED.test(text) ? text : text.replace(/[ ()/-]/g, '');
  if (!DIALLED.test(digits)) return text.toUpperCase();
  if (!numbering) return digits;
  const { country, nationalPrefix = '0', internationalPrefix = '00', nationalWhenRoaming = 'home' } = numbering;
  if (digits.startsWith(internationalPrefix)) return digits.slice(internationalPrefix.length);
  if (digits.length <= SHORT || !digits.startsWith(nationalPrefix)) return digits;
  return roaming && nationalWhenRoaming === 'reject' ? undefined : country + digits.slice(nationalPrefix.length);
}
