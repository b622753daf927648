import type { Direction, OwnRecord, OwnState, UsageRecord, UsageService, WholesaleRecord } from '../domain/reconciliation/records';
import { timeReader } from './localTime';
import { e164 } from './phoneNumber';
import { type FieldSource, type MappingProfile, OWN_STATES, type QuantitySource } from './profile';

export type ReturnedCode = 'shortRow' | 'longRow' | 'unknownLine' | 'notJson' | 'missing' | 'unknownValue' | 'notDigits' | 'notInteger' | 'notANumber' | 'tooManyDigits'
  | 'notATime' | 'noSuchDate' | 'noSuchTime' | 'ambiguousTime' | 'ambiguousNumber';

export interface Problem {
  readonly field: string;
  readonly code: ReturnedCode;
  readonly message: string;
}

/** All that is wrong with one line: the first in its own right, the others beside it when they were asked for. */
export interface LineProblem extends Problem {
  readonly further?: readonly Problem[];
}

/** Gives the text of a named column of the line at hand. */
export type Cell = (column: string) => string;

export type MappedRecord = OwnRecord | WholesaleRecord;

export const isProblem = (result: MappedRecord | LineProblem): result is LineProblem => 'code' in result;

const FACTORS: Readonly<Record<string, number>> = { second: 1, minute: 60, message: 1, octet: 1, KB: 1024, MB: 1024 ** 2 };
const SERVICES: readonly string[] = ['voice', 'sms', 'data'];
const DIGITS = /^\d+$/;

// A cell is a slice of its chunk; a short copy lets go of the chunk. Repeated texts are kept once.
const copy = (text: string): string => (text.length < 13 ? text : Buffer.from(text).toString());
const MOST_KEPT = 500_000;

/** Keeps the texts of one column. Many columns say the same line after line: what was said last is not looked up. */
function keeper(): (text: string) => string {
  const kept = new Map<string, string>();
  let last = '';
  return (text) => {
    if (text === last) return last;
    const known = kept.get(text);
    last = known ?? copy(text);
    if (known === undefined && kept.size < MOST_KEPT) kept.set(last, last);
    return last;
  };
}

const optional = (text: string, keep: (text: string) => string): string | undefined => (text === '' ? undefined : keep(text));

/** A decimal as a JSON number; at most 15 digits, no thousands separators. */
export function decimalCell(text: string, sign: '.' | ','): number | 'notANumber' | 'tooManyDigits' {
  if (!(sign === ',' ? /^-?\d+(?:,\d+)?$/ : /^-?\d+(?:\.\d+)?$/).test(text)) return 'notANumber';
  if (text.length > 15 && text.replace(/\D/g, '').replace(/^0+/, '').length > 15) return 'tooManyDigits';
  return Number(sign === ',' ? text.replace(',', '.') : text);
}

/** Reads cells of one line and remembers what is wrong, the first thing apart. */
interface Line {
  cell: Cell;
  problem: Problem | undefined;
  further: Problem[] | undefined;
}

type Text = (line: Line) => string;

function fail(line: Line, field: string, code: ReturnedCode, message: string): undefined {
  const problem = { field, code, message };
  if (line.problem) (line.further ??= []).push(problem);
  else line.problem = problem;
  return undefined;
}

function textReader(source: FieldSource | undefined): Text {
  if (source === undefined) return () => '';
  if (typeof source === 'string') return ({ cell }) => cell(source).trim();
  if ('constant' in source) return () => source.constant;
  const { column, values } = source;
  if (!values) return ({ cell }) => cell(column).trim();
  const table = new Map(Object.entries(values));
  return (line) => {
    const text = line.cell(column).trim();
    const said = table.get(text);
    const value = said === undefined ? table.get('*') : said;
    if (value === undefined) fail(line, column, 'unknownValue', `'${text.slice(0, 40)}' is not one of ${[...table.keys()].join(', ')}.`);
    return value ?? '';
  };
}

const columnOf = (source: FieldSource | undefined, name: string): string => (typeof source === 'string' ? source : source && 'column' in source ? source.column : name);

function integer(line: Line, column: string): number {
  const text = line.cell(column).trim();
  if (text === '') return fail(line, column, 'missing', `${column} is empty.`) ?? 0;
  if (!DIGITS.test(text) || text.length > 15) return fail(line, column, 'notInteger', `'${text.slice(0, 40)}' is not a whole number.`) ?? 0;
  return Number(text);
}

function quantityReader(source: QuantitySource | undefined, sign: '.' | ','): (line: Line) => number {
  if (!source) return (line) => fail(line, 'service', 'unknownValue', 'The profile has no quantity for this service.') ?? 0;
  if ('constant' in source) return () => source.constant;
  const factor = FACTORS[source.unit] ?? 1;
  return (line) => {
    let total = 0;
    for (const column of source.columns) {
      if (!source.decimal) { total += integer(line, column); continue; }
      const value = decimalCell(line.cell(column).trim(), sign);
      if (typeof value === 'string') fail(line, column, value, `'${line.cell(column).slice(0, 40)}' is not a number.`);
      else total += value;
    }
    return source.decimal ? Math.round(total * factor) : total * factor;
  };
}

function identityReader(source: FieldSource | undefined, name: string, turn: (text: string) => string): (line: Line) => string | undefined {
  const read = textReader(source);
  const keep = keeper();
  return (line) => {
    const text = read(line);
    if (text === '') return undefined;
    const digits = turn(text);
    // 1.01E+12 is what a spreadsheet makes of an IMSI: the digits are gone.
    if (!DIGITS.test(digits)) return fail(line, columnOf(source, name), 'notDigits', `'${text.slice(0, 40)}' is not a number of digits.`);
    return keep(digits);
  };
}

function otherPartyReader({ fields, numbers }: MappingProfile): (line: Line, direction: Direction | undefined, roaming: boolean) => string | undefined {
  const { otherParty } = fields;
  const byDirection = typeof otherParty === 'object' && 'byDirection' in otherParty ? otherParty.byDirection : { any: otherParty };
  const readers = { outgoing: textReader(byDirection.outgoing), incoming: textReader(byDirection.incoming), any: textReader(byDirection.any) };
  const single = !(typeof otherParty === 'object' && 'byDirection' in otherParty);
  return (line, direction, roaming) => {
    const text = (single ? readers.any : readers[direction ?? 'any'])(line);
    if (text === '') return undefined;
    const number = e164(text, numbers, roaming);
    return number === undefined ? fail(line, 'otherParty', 'ambiguousNumber', `'${text.slice(0, 40)}' is a national number of a roaming record.`) : copy(number);
  };
}

function referenceReader({ fields }: MappingProfile): (line: Line, service: UsageService) => string | undefined {
  const { reference } = fields;
  return ({ cell }, service) => {
    const columns = reference?.[service];
    if (!columns) return undefined;
    const parts = columns.map((column) => cell(column).trim());
    return parts.includes('') ? undefined : copy(parts.join('/'));
  };
}

function instantReader(source: FieldSource, name: string, { time }: MappingProfile): (line: Line) => number {
  const read = textReader(source);
  const at = timeReader(time.format, time.timeZone, time.ambiguousTime);
  return (line) => {
    const text = read(line);
    const reading = at(text);
    if (typeof reading === 'number') return reading;
    return fail(line, columnOf(source, name), text === '' ? 'missing' : reading, `'${text.slice(0, 40)}' is not a time that can be placed.`) ?? 0;
  };
}

function amountReader(source: FieldSource | undefined, name: string, sign: '.' | ',', needed: boolean): (line: Line) => number | undefined {
  const read = textReader(source);
  return (line) => {
    const text = read(line);
    if (text === '') return needed ? fail(line, columnOf(source, name), 'missing', `${name} is empty.`) : undefined;
    const value = decimalCell(text, sign);
    return typeof value === 'string' ? fail(line, columnOf(source, name), value, `'${text.slice(0, 40)}' is not an amount.`) : value;
  };
}

type Facts = Omit<UsageRecord, 'file' | 'line' | 'raw'>;

function factsReader(profile: MappingProfile): (line: Line) => Facts {
  const { fields, numbers, quantity } = profile;
  const [keepNetwork, keepGateway] = [keeper(), keeper()];
  const [id, service, direction] = [textReader(fields.id), textReader(fields.service), textReader(fields.direction)];
  const imsi = identityReader(fields.imsi, 'imsi', (text) => text);
  const msisdn = identityReader(fields.msisdn, 'msisdn', (text) => e164(text, numbers, false) ?? text);
  const [visited, gateway, charging] = [textReader(fields.visitedNetwork), textReader(fields.gateway), textReader(fields.chargingId)];
  const otherParty = otherPartyReader(profile);
  const reference = referenceReader(profile);
  const start = instantReader(fields.start, 'start', profile);
  const quantities = { voice: quantityReader(quantity.voice, profile.decimalSign), sms: quantityReader(quantity.sms, profile.decimalSign), data: quantityReader(quantity.data, profile.decimalSign) };
  return (line) => {
    const recordId = id(line);
    if (fields.id !== undefined && recordId === '') fail(line, columnOf(fields.id, 'id'), 'missing', 'The record has no identity.');
    const kind = service(line);
    if (!SERVICES.includes(kind)) fail(line, columnOf(fields.service, 'service'), 'unknownValue', `'${kind.slice(0, 40)}' is not a service.`);
    const towards = (direction(line) || undefined) as Direction | undefined;
    const network = optional(visited(line), keepNetwork);
    const sim = imsi(line);
    const number = msisdn(line);
    if (sim === undefined && number === undefined) fail(line, columnOf(fields.imsi ?? fields.msisdn, 'imsi'), 'missing', 'The record names no subscriber.');
    return {
      id: copy(recordId), service: kind as UsageService, imsi: sim, msisdn: number, direction: towards,
      otherParty: otherParty(line, towards, network !== undefined), start: start(line),
      quantity: SERVICES.includes(kind) ? quantities[kind as UsageService](line) : 0,
      visitedNetwork: network, chargingId: optional(charging(line), copy), gateway: optional(gateway(line), keepGateway),
      reference: line.problem ? undefined : reference(line, kind as UsageService),
    };
  };
}

/**
 * Compiles a profile, once per file, to what turns a line into a record or says what is wrong with it. Strict: a line with one thing
 * wrong is returned whole, with the first thing named, and with `every` all others. Keeps the file's clock: give it the lines in order.
 */
export function recordReader(profile: MappingProfile, file: string, every = false): (cell: Cell, line: number, raw: string | undefined, currency: string | undefined) => MappedRecord | LineProblem {
  const { fields, decimalSign, side } = profile;
  const facts = factsReader(profile);
  const charge = amountReader(fields.charge, 'charge', decimalSign, true);
  const amount = amountReader(fields.amount, 'amount', decimalSign, false);
  const [currencyOf, rateClass, state, product] = [textReader(fields.currency), textReader(fields.rateClass), textReader(fields.state), textReader(fields.product)];
  const due = fields.billDue === undefined ? undefined : { text: textReader(fields.billDue), at: instantReader(fields.billDue, 'billDue', profile) };
  const [keepCurrency, keepClass, keepProduct] = [keeper(), keeper(), keeper()];
  return (cell, number, raw, currency) => {
    const line: Line = { cell, problem: undefined, further: undefined };
    const { id, service, imsi, msisdn, direction, otherParty, start, quantity, visitedNetwork, chargingId, gateway, reference } = facts(line);
    let record: MappedRecord;
    // Written out: a spread would cost more than all the reading, a million times over.
    if (side === 'wholesale') {
      record = {
        id, service, imsi, msisdn, direction, otherParty, start, quantity, visitedNetwork, chargingId, gateway, reference, file, line: number, raw,
        charge: charge(line) ?? 0, currency: optional(currencyOf(line), keepCurrency) ?? currency, rateClass: optional(rateClass(line), keepClass),
      };
    } else {
      const known = state(line) || 'unknown';
      if (!OWN_STATES.includes(known as OwnState)) fail(line, columnOf(fields.state, 'state'), 'unknownValue', `'${known.slice(0, 40)}' is not one of ${OWN_STATES.join(', ')}.`);
      record = {
        id, service, imsi, msisdn, direction, otherParty, start, quantity, visitedNetwork, chargingId, gateway, reference, file, line: number, raw,
        state: known as OwnState, amount: amount(line), billDue: due && due.text(line) !== '' ? due.at(line) : undefined, product: optional(product(line), keepProduct),
      };
    }
    if (!line.problem) return record;
    return every && line.further ? { ...line.problem, further: line.further } : line.problem;
  };
}
