import type { Result } from '../run';
import { countsOf, groupedBy } from './summary';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
  // XML 1.0 has no place for these, not even escaped.
  .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, '?');

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** One test suite per API and resource, one test case per case of a rule. */
export function junitReport(result: Result): string {
  const suites = [...groupedBy(result.outcomes, ({ api, resource }) => `${api} ${resource}`)].map(([name, outcomes]) => {
    const { failed, skipped } = countsOf(outcomes);
    const cases = outcomes.map(({ rule, title, verdict, reason = '', exchanges, tookMs }) => {
      const open = `    <testcase classname="${escaped(`${name}.${rule.id}`)}" name="${escaped(`${rule.title} (${title})`)}" time="${seconds(tookMs)}"`;
      if (verdict === 'passed') return `${open}/>`;
      if (verdict === 'skipped') return `${open}><skipped message="${escaped(reason)}"/></testcase>`;
      const wire = exchanges.map(({ method, url, requestBody, status, text }) => `${method} ${url}\n${requestBody ?? ''}\n-> ${status}\n${text.slice(0, 4000)}`).join('\n\n');
      return `${open}><failure type="${escaped(rule.id)}" message="${escaped(reason)}">${escaped(`${rule.fix}\n\n${wire}`)}</failure></testcase>`;
    });
    return `  <testsuite name="${escaped(name)}" tests="${outcomes.length}" failures="${failed}" skipped="${skipped}" time="${seconds(outcomes.reduce((sum, { tookMs }) => sum + tookMs, 0))}">\n${cases.join('\n')}\n  </testsuite>`;
  });
  const { failed, skipped } = countsOf(result.outcomes);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="TMF conformance of ${escaped(result.baseUrl)}" tests="${result.outcomes.length}" failures="${failed}" skipped="${skipped}" time="${seconds(result.tookMs)}">\n${suites.join('\n')}\n</testsuites>\n`;
}
