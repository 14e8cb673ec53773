import { type DescField, getOption, toJson } from '@bufbuild/protobuf';
import { contractSet } from './contractSet.js';

/** The rules of a field as far as they say that it cannot be left out. */
interface Rules {
  readonly required?: boolean;
  readonly string?: { readonly minLen?: string; readonly pattern?: string };
}

/** Whether a request without this field of `contractSet` is refused. */
export function isRequiredField(field: DescField): boolean {
  const extension = contractSet.getExtension('buf.validate.field');
  const schema = extension?.message;
  if (!extension || !schema) return false;
  const { required = false, string } = toJson(schema, getOption(field, extension) as never) as Rules;
  const refusesEmpty = string?.pattern !== undefined && !new RegExp(string.pattern, 'u').test('');
  return required || refusesEmpty || Number(string?.minLen ?? 0) > 0;
}
