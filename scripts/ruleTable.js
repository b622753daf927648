// Runs the tests that are titled by rules of TMF630 and writes docs/tmf630.md: rule, what it says in our words, tests, result.
// With a file of jest's --json output it takes the results from there. Ends with 1 when a rule has no test or a failed one.
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, relative } = require('node:path');

const root = join(__dirname, '..');
const TARGET = join(root, 'docs', 'tmf630.md');

const RULES = {
  1: 'Paths are singular nouns in camelCase below a base path that has the major version; a slash at the end is tolerated.',
  2: 'Each API is served at its official base path.',
  3: 'Behind a proxy, or with a component prefix, addresses that are given out have the public base (`PUBLIC_URL`); headers of the request never decide it.',
  4: 'Every resource has `id` and `href`, the last part of the href is the id, and an id may be any text.',
  5: 'A v4 create takes no id of the client. Where a document has one, a taken id is 409.',
  6: 'GET 200 (206 for part of a list), POST 201 with `Location` and the whole, PATCH 200 with the whole, DELETE 204; an empty list is `[]`, a missing resource 404.',
  7: 'A method that a path does not have is 405 with `Allow`; an unknown path is 404.',
  8: 'Other refusals have their own status: 406, 413, 414, 415, 422, 428, 501, 503.',
  9: 'JSON is taken with or without parameters of the type and always given; `Accept` is honoured, other types of body are 415.',
  10: '`fields` narrows the answer, on POST and PATCH too; `id`, `href` and `@type` stay; `fields=none` leaves only those.',
  11: 'Nested attributes are selected with dots; an unknown one is 400 by name.',
  12: 'JSONPath in `fields` is not offered: 501; malformed 400.',
  13: '`&` is and, `,` and repetition are or, `;` is or between groups.',
  14: 'Operators in every spelling: `.eq .ne .gt .gte .lt .lte .in .nin .regex .exists .startswith .endswith .contains`, with `i` case-blind, and `= == != > >= < <= *= =~`, encoded or not.',
  15: 'The query string is read as it came: encoded operators, plus signs in times and quotes around values are understood.',
  16: 'Values have the type of the attribute; a day is the whole day; the very value that was returned finds the resource.',
  17: 'Dots lead into objects and through lists (some element); brackets hold several conditions to one element; `@type` filters.',
  18: '`fields filter sort offset limit cursor depth expand` are parameters; an attribute of such a name is reached by an operator.',
  19: 'Nothing is ignored: unknown attributes, operators and values are 400 and name the place. Limits: 8 kB, 50 conditions, 20 values of 2,048 characters, offset 100,000.',
  20: '`filter=` takes a JSONPath condition, compiled for the database and never evaluated; beyond the subset 501, malformed 400.',
  21: '`sort` takes up to three keys, nested, with `-` for descending; ties are broken by id.',
  22: '`offset` and `limit` page; `X-Total-Count`, `X-Result-Count` and `Link` (first, prev, next, last) say where one is.',
  23: '206 only when a page was asked for and is partial; past the end is `[]`; `limit=0` counts; more than 1,000 is clamped.',
  24: 'Totals count with the same filter; `cursor` in the next link leads to any depth; a `Link` of more than 2 kB is left out.',
  25: 'PATCH takes merge patch (`application/json`, `application/merge-patch+json`) and JSON Patch.',
  26: 'Merge patch (RFC 7386): null removes, objects merge, lists are replaced, the result must fit the document.',
  27: 'JSON Patch (RFC 6902): all six operations, all or nothing; a failed test is 409, a bad pointer 400.',
  28: 'JSON Patch Query is not offered: 415, naming what is.',
  29: 'Identity, class and dates set by the server cannot be patched (400 by name); a change of nothing is 200 and no event.',
  31: 'The server sets id, href, dates, first state and `@type`; the least bodies of TM Forum\'s kits are enough.',
  32: 'What a document requires on create is required, by name.',
  33: '`@type`, `@baseType`, `@schemaLocation` and `@referredType` are kept; `@type` is always given.',
  34: 'Subtypes live in the collection of their base.',
  35: 'A schema named by `@schemaLocation`, registered or from an allowed host, adds attributes that are checked, filtered and sorted; it redefines none.',
  36: 'A reference needs its id; where a reference or the thing itself may stand, either is taken.',
  37: '`depth` and `expand` are not offered: 501.',
  38: 'Base paths and the root lead on by links; `/.well-known/api-catalog` (RFC 9727) names all documents.',
  39: 'Every refusal has `code`, `reason`, `message`, `status` and `@type`, and nothing from inside.',
  49: 'A strong `ETag`; `If-None-Match` 304, `If-Match` 412, `REQUIRE_IF_MATCH` 428; `Last-Modified`, `Date`, `Cache-Control`.',
  50: '`Idempotency-Key`: the same key and body gives the first answer, another body 422, in flight 409; key and effect are committed together.',
  51: 'Catalogue states move by a table; an illegal move is 409 and lists the targets. Other words are free text.',
  53: 'The states of orders, usage, balance actions and bills are those of the documents and move by their tables.',
  54: 'Times are RFC 3339, given in UTC with milliseconds; amounts are exact decimals, with no more places than their currency where money moves.',
};

/** Numbers of the rules that a title speaks of: `rule 7: ...`, `rules 10 and 11: ...`. */
function numbersIn(title) {
  const [, list] = /^rules? ([\d, and]+):/.exec(title) ?? [];
  return list === undefined ? [] : [...list.matchAll(/\d+/g)].map(([number]) => Number(number));
}

function results() {
  const given = process.argv[2];
  if (given !== undefined) return JSON.parse(readFileSync(given, 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-rules-'));
  const file = join(folder, 'results.json');
  spawnSync(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${file}`, '--testPathPatterns', 'test/tmf630', 'src/rest'], { cwd: root, stdio: ['ignore', 2, 2] });
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rule number -> test (file and title without its example) -> passed and failed. */
function byRule({ testResults }) {
  const found = new Map();
  for (const { name, assertionResults } of testResults) {
    const file = relative(root, name).replace(/^(\.\.\/)*.*?(?=(src|test)\/)/, '');
    for (const { ancestorTitles, title, status } of assertionResults) {
      const spoken = [title, ...[...ancestorTitles].reverse()].find((one) => numbersIn(one).length > 0);
      for (const number of spoken === undefined ? [] : numbersIn(spoken)) {
        const test = `${file}: ${spoken.replace(/^rules? [^:]*: /, '').split(': ')[0].replace(/\|/g, '\\|')}`;
        const tests = found.get(number) ?? new Map();
        found.set(number, tests);
        const counts = tests.get(test) ?? { passed: 0, failed: 0 };
        counts[status === 'passed' ? 'passed' : 'failed'] += 1;
        tests.set(test, counts);
      }
    }
  }
  return found;
}

const found = byRule(results());
let wrong = 0;
const rows = Object.entries(RULES).map(([number, sentence]) => {
  const tests = [...found.get(Number(number)) ?? []].sort(([one], [other]) => (one < other ? -1 : 1));
  const failed = tests.reduce((sum, [, counts]) => sum + counts.failed, 0);
  const passed = tests.reduce((sum, [, counts]) => sum + counts.passed, 0);
  if (passed === 0 || failed > 0) wrong += 1;
  const cell = tests.map(([test, counts]) => `${test}${counts.passed + counts.failed > 1 ? ` (${counts.passed + counts.failed})` : ''}`).join('<br>');
  return `| ${number} | ${sentence} | ${cell} | ${failed > 0 ? `${failed} FAILED` : passed > 0 ? `${passed} passed` : 'NO TEST'} |`;
});

writeFileSync(TARGET, `# TMF630, rule by rule

Written by \`node scripts/ruleTable.js\` from a run of the tests; not by hand. Rules 30 (changes in bulk), 40 to 48 (hub, tasks) and 52 (versions in identifiers)
are not part of this table. The wording is ours.

| rule | what it says | tests (how many cases) | result |
|---|---|---|---|
${rows.join('\n')}

## Where the guideline leaves it open

- **Unknown \`@schemaLocation\`**: the resource is kept as it is and given back so; its added attributes are not checked and cannot be filtered, sorted or selected (400, which says how to
  register a schema). An address on a host of \`EXTENSION_HOSTS\` is fetched once, then kept in the registry; if it cannot be had the body is refused (EXT-01), since it could not be checked.
- **Extension schemas** are registered at \`/trunkline/v1/extensionSchema\` and never change: a changed one gets another identifier. The schema judges the added attributes of the object that
  names it (and \`@type\`, \`@baseType\` if it speaks of them), so \`additionalProperties: false\` means "no other additions". Naming an attribute of the base in \`properties\` or
  \`required\` is redefining it. Patterns are run in linear time. Numbers of an extension are kept as JSON numbers.
- **Subtypes** are accepted with or without \`@baseType\` and \`@schemaLocation\`.
- **\`a=v1;v2\`** is read as \`a=v1,v2\`. **\`ne\`** is always the opposite of \`eq\`, through lists too.
- **206** is only sent when the client asked for a page: kits of TMF622, 635 and 678 demand 200 on a plain list.
- **A pattern** that could run long in the database is decided in this process, in linear time; every query ends within 2 s or is refused (QRY-09).
- **\`X-Forwarded-*\`** is not believed: \`PUBLIC_URL\` says how clients see this server, path included.
`);
process.exitCode = wrong === 0 ? 0 : 1;
