import type { Result } from '../run';
import type { Exchange, Outcome } from '../types';
import { brokenRules, countsOf, groupedBy, levelsOf, type Counts } from './summary';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #dde2ea;padding:.3rem .6rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.failed{color:#a3151f;font-weight:600}.passed{color:#1b6b34}.skipped{color:#666}
.levels{display:flex;gap:1rem;flex-wrap:wrap}.level{border:1px solid #dde2ea;border-radius:6px;padding:.7rem 1rem;flex:1 1 14rem}.level b{display:block}
article{border:1px solid #e3b7ba;border-left:4px solid #a3151f;border-radius:4px;margin:1rem 0;padding:.7rem 1rem}article p{margin:.3rem 0}
pre{background:#f4f6f9;border:1px solid #dde2ea;border-radius:4px;padding:.6rem;overflow:auto;white-space:pre-wrap;word-break:break-word;max-height:24rem;font-size:12.5px}
summary{cursor:pointer}code{background:#f4f6f9;padding:0 .2rem;border-radius:3px}
@media (prefers-color-scheme:dark){body{background:#14181f;color:#dfe5ee}td,th,.level,pre{border-color:#313946}pre,code{background:#1d232d}.failed{color:#ff8c90}.passed{color:#7fd29a}.skipped{color:#9aa4b2}}
`;

/** The report as one page that needs nothing else: no script, no font, no other file. */
export function htmlReport(result: Result): string {
  const counts = countsOf(result.outcomes);
  const broken = brokenRules(result);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Conformance of ${escaped(result.baseUrl)}</title><style>${STYLE}</style></head><body>
<h1>TMF conformance of ${escaped(result.baseUrl)}</h1>
<p>${escaped(new Date(result.began).toUTCString())}, ${(result.tookMs / 1000).toFixed(1)} s. ${counted(counts)}</p>
<ul>${result.apis.map((api) => `<li>${escaped(api)}</li>`).join('')}</ul>
<div class="levels">${levelsOf(result).map(({ level, title, counts: own, met }) => `<div class="level"><b>Level ${level}: ${escaped(title)}</b><span class="${met ? 'passed' : 'failed'}">${met ? 'met' : 'not met'}</span><br>${counted(own)}</div>`).join('')}</div>
<h2>${broken.size === 0 ? 'No rule is broken' : `Broken rules (${broken.size})`}</h2>
${[...broken].map(([rule, outcomes]) => brokenRule(rule.id, outcomes)).join('\n')}
<h2>By rule</h2>
<table><thead><tr><th>Rule</th><th>Says</th><th>From</th><th class="n">Level</th><th class="n">Passed</th><th class="n">Failed</th><th class="n">Skipped</th></tr></thead><tbody>
${[...groupedBy(result.outcomes, ({ rule }) => rule)].map(([rule, outcomes]) => `<tr><td><code>${rule.id}</code></td><td>${escaped(rule.title)}</td><td>${escaped(rule.source)}</td><td class="n">${rule.level}</td>${cells(countsOf(outcomes))}</tr>`).join('\n')}
</tbody></table>
<h2>By resource</h2>
<table><thead><tr><th>API</th><th>Resource</th><th class="n">Passed</th><th class="n">Failed</th><th class="n">Skipped</th><th class="n">Levels met</th></tr></thead><tbody>
${[...groupedBy(result.outcomes, ({ api, resource }) => `${api}\n${resource}`).values()].map((outcomes) => `<tr><td>${escaped(outcomes[0]!.api)}</td><td>${escaped(outcomes[0]!.resource)}</td>${cells(countsOf(outcomes))}<td class="n">${levelsOf({ outcomes }).filter(({ met }) => met).length} of 3</td></tr>`).join('\n')}
</tbody></table>
<h2>Not looked at</h2>
<details><summary>${counts.skipped} cases, each with the reason</summary><table><tbody>
${result.outcomes.filter(({ verdict }) => verdict === 'skipped').map(({ rule, api, resource, title, reason = '' }) => `<tr><td>${escaped(api)} ${escaped(resource)}</td><td><code>${rule.id}</code> ${escaped(title)}</td><td>${escaped(reason)}</td></tr>`).join('\n')}
</tbody></table></details>
${result.left.length === 0 ? '<p>Everything that the kit made has been deleted.</p>' : `<h2>Left on the server</h2><p>The API has no way to delete these, or the server kept them.</p><details><summary>${result.left.length} resources</summary><ul>${result.left.map((url) => `<li>${escaped(url)}</li>`).join('')}</ul></details>`}
</body></html>
`;
}

const counted = ({ passed, failed, skipped }: Counts): string =>
  `<span class="passed">${passed} passed</span>, <span class="${failed > 0 ? 'failed' : ''}">${failed} failed</span>, <span class="skipped">${skipped} skipped</span>`;

const cells = ({ passed, failed, skipped }: Counts): string => `<td class="n passed">${passed}</td><td class="n ${failed > 0 ? 'failed' : ''}">${failed}</td><td class="n skipped">${skipped}</td>`;

function brokenRule(id: string, outcomes: readonly Outcome[]): string {
  const { rule } = outcomes[0]!;
  return `<article><h3><code>${id}</code> ${escaped(rule.title)}</h3>
<p>What to change: ${escaped(rule.fix)}</p><p class="skipped">From ${escaped(rule.source)}; level ${rule.level}.</p>
${outcomes.map(({ api, resource, title, reason = '', exchanges }) => `<p class="failed">${escaped(api)} ${escaped(resource)}, ${escaped(title)}: ${escaped(reason)}</p>
<details><summary>${exchanges.length} requests with their answers</summary>${exchanges.map(exchanged).join('')}</details>`).join('\n')}
</article>`;
}

const headersOf = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join('\n');

const exchanged = ({ method, url, requestHeaders, requestBody, status, headers, text }: Exchange): string =>
  `<pre>${escaped(`${method} ${url}\n${headersOf(requestHeaders)}${requestBody === undefined ? '' : `\n\n${pretty(requestBody)}`}`)}</pre><pre>${escaped(`${status}\n${headersOf(headers)}\n\n${pretty(text)}`)}</pre>`;

function pretty(text: string): string {
  const whole = text.length > 20_000 ? `${text.slice(0, 20_000)}\n... ${text.length - 20_000} characters more` : text;
  try {
    return text.length > 20_000 ? whole : JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return whole;
  }
}
