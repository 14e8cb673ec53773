import type { DescMessage } from '@bufbuild/protobuf';
import { jsonTokens, memberText } from '../domain/exactJson.js';
import type { FieldViolation } from '../errors.js';
import { mayHold } from './mayHold.js';

/**
 * Finds the first free-form object (google.protobuf.Struct) of a JSON text that
 * would not be kept as it was sent: numbers of a Struct are doubles, and a key
 * `__proto__` is lost in decoding. Rounded in silence, two users could become one.
 * Undefined for a text that is not JSON: the decoder reports that.
 */
export function findStructFault(message: DescMessage, text: string): FieldViolation | undefined {
  const structs = message.fields.filter(({ message: of }) => of?.typeName === 'google.protobuf.Struct');
  if (!mayHold(text, structs) || !isJson(text)) return undefined;
  for (const { name, jsonName } of structs) {
    const given = memberText(text, jsonName) ?? memberText(text, name);
    const tokens = given === undefined ? [] : jsonTokens(given);
    for (const [index, token] of tokens.entries()) {
      if (tokens[index + 1] === ':' && JSON.parse(token) === '__proto__')
        return { field: name, description: 'must not have a key __proto__' };
      if (/^[-\d]/.test(token) && !isExact(token))
        return {
          field: name,
          description: 'must have no number that a double cannot hold; send such a number as a string',
        };
    }
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a number of JSON is the same after it was read. */
const isExact = (token: string): boolean => canonical(token) === canonical(String(Number(token)));

/** The significant digits of a decimal number and its power of ten, so that 1.50, 15e-1 and 1.5 are one. */
function canonical(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(number) ?? [];
  if (whole === '') return number;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${power}`;
}
