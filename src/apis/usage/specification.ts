import { RE2JS } from 're2js';
import { fault } from '../../domain/fault';
import type { Doc } from '../../store/codec';
import type { UnitOfWork } from '../../store/unitOfWork';

interface SpecCharacteristic {
  readonly name?: string;
  readonly valueType?: string;
  readonly minCardinality?: number;
  readonly maxCardinality?: number;
  readonly regex?: string;
}

interface UsageSpecification extends Doc {
  readonly specCharacteristic?: readonly SpecCharacteristic[];
}

type Given = readonly { readonly name?: string; readonly value?: unknown }[];

/** Holds the characteristics of a usage to its specification, where that is one of ours. @throws Fault USG-03 that names them */
export async function checkAgainstSpecification(body: Readonly<Record<string, unknown>>, unit: UnitOfWork): Promise<void> {
  const id = (body['usageSpecification'] as { id?: unknown } | undefined)?.id;
  if (typeof id !== 'string') return;
  const specification = await unit.get<UsageSpecification>('usageSpecification', id);
  if (!specification?.specCharacteristic) return;
  const given = (body['usageCharacteristic'] ?? []) as Given;
  const problems = specification.specCharacteristic.flatMap((wanted) => problemsOf(wanted, given));
  if (problems.length > 0) throw fault('USG-03', `The usage does not fit its specification ${id}: ${problems.slice(0, 5).join('; ')}.`);
}

function problemsOf({ name = '', valueType, minCardinality = 0, maxCardinality, regex }: SpecCharacteristic, given: Given): string[] {
  const values = given.filter((one) => one.name === name).map(({ value }) => value);
  const problems: string[] = [];
  if (values.length < minCardinality) problems.push(`${name} is wanted ${minCardinality} time(s) and given ${values.length}`);
  if (maxCardinality !== undefined && maxCardinality > 0 && values.length > maxCardinality) problems.push(`${name} is given ${values.length} times, at most ${maxCardinality} are allowed`);
  if (valueType !== undefined) for (const value of values) if (!isOf(valueType, value)) problems.push(`${name} must be a ${valueType}`);
  const pattern = regex === undefined ? undefined : linearPattern(regex);
  if (pattern) for (const value of values) if (!pattern.matches(String(value))) problems.push(`${name} must match ${regex}`);
  return problems;
}

const isOf = (valueType: string, value: unknown): boolean => {
  switch (valueType.toLowerCase()) {
    case 'string': case 'text': return typeof value === 'string';
    case 'number': case 'decimal': case 'float': return typeof value === 'number';
    case 'integer': return typeof value === 'number' && Number.isInteger(value);
    case 'boolean': return typeof value === 'boolean';
    default: return true;
  }
};

/** Patterns of specifications come from users, so they run in linear time; one that cannot is passed over. */
function linearPattern(regex: string): { matches(text: string): boolean } | undefined {
  try {
    return RE2JS.compile(regex);
  } catch {
    return undefined;
  }
}
