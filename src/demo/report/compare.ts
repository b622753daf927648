import { SECTIONS, type Expected, type Figure, type Section } from '../books/expected';

/** One figure with what it should be. */
export interface Compared {
  readonly section: Section;
  readonly name: string;
  readonly found: Figure | undefined;
  readonly expected: Figure | undefined;
  readonly agrees: boolean;
}

/** Figures that only some plays have, with what they should be. */
export type Further = readonly (readonly [name: string, found: Figure, expected: Figure])[];

/** Every figure beside the expected one; what only one side has is a difference. `consumed` is what a consumer on the broker got. */
export function compare(expected: Expected, found: Expected, consumed: Further = []): Compared[] {
  return SECTIONS.flatMap((section) => {
    const more = (at: 1 | 2) => (section === 'events' ? Object.fromEntries(consumed.map((one) => [one[0], one[at]])) : {});
    const [wanted, actual] = [{ ...expected[section], ...more(2) }, { ...found[section], ...more(1) }];
    return [...new Set([...Object.keys(wanted), ...Object.keys(actual)])].map((name): Compared => ({
      section, name, found: actual[name], expected: wanted[name], agrees: actual[name] === wanted[name],
    }));
  });
}

export const TITLES: Readonly<Record<Section, string>> = {
  files: 'Files', usage: 'Usage by state', reasons: 'Rejected, by reason', rated: 'Rated, in EUR', balances: 'Prepaid balances, in EUR', bills: 'Bills, in EUR',
  leakage: 'Reconciliation with Northcell', age: 'Differences by age', recovered: 'After recovery and further bills', lines: "The host's list of SIMs", statement: "The host's settlement statement", control: 'Control of the reconciliation', events: 'Events, published on the broker, delivered to the partner, and consumed from RabbitMQ where there is one',
};
