import fc from 'fast-check';
import { RE2JS } from 're2js';
import { assertOperators } from './filter';
import { candidates, matcher, needsMatcher } from './filter/matcher';
import { portable } from './filter/portable';

describe('the second wall', () => {
  it.each([
    {}, { _id: { $eq: 'x' } }, { 'a.b': { $in: [1, 'x', null, true] } }, { $or: [{ a: { $regex: '^x', $options: 'i' } }, { $nor: [{ b: { $exists: true } }] }] },
    { part: { $elemMatch: { $and: [{ name: { $eq: 'a' } }, { '@type': { $ne: 'b' } }] } } },
  ])('lets a compiled filter pass', (filter) => expect(() => assertOperators(filter)).not.toThrow());

  it.each([
    { $where: '1' }, { $expr: {} }, { a: { $eq: { $ne: 1 } } }, { a: 1 }, { a: { $re2: 'x' } }, { a: { $in: [{ $ne: 1 }] } }, { a: { $in: 'x' } }, { $or: [] }, { $and: ['x'] }, { _rev: { $eq: 1 } }, { 'a._b': { $eq: 1 } },
    { 'a.$where': { $eq: 1 } }, { '': { $eq: 1 } }, { 'a..b': { $eq: 1 } }, { a: { $elemMatch: { $where: 'x' } } }, { a: { $elemMatch: 'x' } }, { a: { $not: 'x' } }, { a: { $gt: NaN } }, { a: { b: { $eq: 1 } }, $text: {} }, { a: { $function: 'x' } },
  ])('stops anything else: %j', (filter) => expect(() => assertOperators(filter)).toThrow(/filter with/));
});

describe('patterns that may run in the database', () => {
  it.each([
    ['abc', 'abc'], ['^abc$', '^abc\\z'], ['a.b', 'a[^\\n]b'], ['a\\.b', 'a\\.b'], ['\\d+', '[0-9]+'], ['^(a|b)', '^(?:a|b)'], ['[a-z_]*x', '[a-z_]*x'], ['a?b', 'a?b'], ['a{2,5}', 'a{2,5}'], ['\u00e4+', '\u00e4+'], ['', ''],
  ])('%s becomes %s', (source, expected) => expect(portable(source)).toBe(expected));

  it.each(['(a+)+', '(a|b)*', 'a*b*', '.*a.*', 'a{0,200}', '(?i)a', '\\pL', '\\Qa\\E', '[[:alpha:]]', '(a', 'a)', 'a**', '^*', '\\', '(?=a)', '(?P<n>a)', '[]a]', '\\bx', 'a{1,2}{3}', '(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)', '[\\d]'])('%s does not', (source) => {
    expect(portable(source)).toBeUndefined();
  });

  it('the form for the database finds what the pattern finds', () => {
    const unit = fc.constantFrom('a', 'b', 'A', '.', '*', '+', '?', '^', '$', '|', '(', ')', '[', ']', '-', '\\', 'd', 'w', 's', '{', '2', ',', '}', ' ', '\n', '\u00e4', ':');
    fc.assert(fc.property(fc.string({ unit, maxLength: 12 }), fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\n', '2', '\u00e4', '.', '\v', 'd'), maxLength: 6 }), { minLength: 5 }), (source, texts) => {
      let pattern: RE2JS;
      try {
        pattern = RE2JS.compile(source);
      } catch {
        return;
      }
      const form = portable(source);
      if (form === undefined) return;
      const again = RE2JS.compile(form);
      const inJavaScript = new RegExp(form.replaceAll('\\z', '$'));
      for (const text of texts) {
        expect([form, text, again.matcher(text).find()]).toEqual([form, text, pattern.matcher(text).find()]);
        expect([form, text, inJavaScript.test(text)]).toEqual([form, text, pattern.matcher(text).find()]);
      }
    }), { numRuns: 800 });
  });
});

describe('candidates', () => {
  const hostile = { name: { $re2: '(a+)+' } };
  it.each([
    [hostile, { name: { $regex: '' } }], [{ $and: [hostile, { a: { $eq: 1 } }] }, { $and: [{ name: { $regex: '' } }, { a: { $eq: 1 } }] }], [{ $or: [hostile, { a: { $eq: 1 } }] }, { $or: [{ name: { $regex: '' } }, { a: { $eq: 1 } }] }],
    [{ $nor: [hostile] }, {}], [{ $nor: [hostile, { a: { $eq: 1 } }] }, { $nor: [{ a: { $eq: 1 } }] }], [{ $or: [{ $nor: [hostile] }, { a: { $eq: 1 } }] }, {}],
    [{ part: { $elemMatch: { $and: [hostile, { a: { $eq: 1 } }] } } }, { part: { $elemMatch: { $and: [{ name: { $regex: '' } }, { a: { $eq: 1 } }] } } }],
  ])('leave no such pattern and lose no document: %j', (filter, expected) => {
    expect(candidates(filter)).toEqual(expected);
    expect(needsMatcher(candidates(filter))).toBe(false);
    for (const doc of [{ name: 'aa' }, { name: 'b', a: 1 }, { part: [{ name: 'a', a: 1 }] }, {}]) if (matcher(filter)(doc)) expect(matcher(candidates(filter))(doc)).toBe(true);
  });
});
