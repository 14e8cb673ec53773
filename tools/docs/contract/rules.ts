import { type DescField, getOption, type JsonValue, toJson } from '@bufbuild/protobuf';
import { contractSet } from '../../../server/contract/contractSet.js';

type Rules = Readonly<Record<string, JsonValue>>;

/** How a rule of protovalidate reads on a page; `value` as JSON of protobuf has it. Empty: the reader need not know. */
const WORDS: Readonly<Record<string, (value: JsonValue) => string>> = {
  required: () => 'required',
  minLen: (value) => (Number(value) === 1 ? 'not empty' : `at least ${value} characters`),
  maxLen: (value) => `at most ${value} characters`,
  pattern: (value) => `matches \`${value}\``,
  in: (value) => `one of ${(value as JsonValue[]).map((one) => `\`${one}\``).join(', ')}`,
  gte: (value) => `at least ${value}`,
  lte: (value) => `at most ${value}`,
  minItems: (value) => `at least ${value} of them`,
  maxItems: (value) => `at most ${value} of them`,
  maxPairs: (value) => `at most ${value} pairs`,
  unique: () => 'no two alike',
  definedOnly: () => '',
  notIn: () => 'not unspecified',
  // Of a request's copy of a resource: the rules are checked by the method.
  ignore: () => '',
};
/** Levels of rules, of which only the inner ones say something. */
const LEVELS: Readonly<Record<string, string>> = { items: 'each ', keys: 'each key ', values: 'each value ' };

/** The validation rules of a field of `contractSet` in words. */
export function rulesOf(field: DescField): string[] {
  const extension = contractSet.getExtension('buf.validate.field')!;
  return worded(toJson(extension.message!, getOption(field, extension) as never) as Rules);
}

function worded(rules: Rules): string[] {
  return Object.entries(rules).flatMap(([name, value]) => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      const inner = worded(value as Rules);
      return LEVELS[name] && inner.length > 0 ? [LEVELS[name] + inner.join(', ')] : inner;
    }
    const word = WORDS[name];
    if (!word) throw new Error(`the rule ${name} has no words in tools/docs/contract/rules.ts`);
    return [word(value)].filter(Boolean);
  });
}
