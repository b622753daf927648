/**
 * Answers as the given function does, from memory what it was asked before; when there are more than `most` answers all are forgotten.
 * For functions that always answer the same and take longer than a look into a map.
 */
export function remembered<Q extends readonly (string | number)[], A>(most: number, answer: (...question: Q) => A): (...question: Q) => A {
  const answers = new Map<string, { readonly answer: A }>();
  return (...question) => {
    const key = question.join('\n');
    let known = answers.get(key);
    if (!known) {
      known = { answer: answer(...question) };
      if (answers.size >= most) answers.clear();
      answers.set(key, known);
    }
    return known.answer;
  };
}
