import { type DescMessage, getOption } from '@bufbuild/protobuf';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { describe, expect, it } from 'vitest';
import { file_otp_v1_otp_service, RecipientsSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { contractSet } from '../../../server/contract/contractSet.js';

describe('the contract set', () => {
  it('has every message of the generated code, field by field', () => {
    const shape = ({ fields }: DescMessage) => fields.map(({ name, number }) => `${name} = ${number}`);
    for (const message of file_otp_v1_otp_service.messages) {
      expect(shape(contractSet.getMessage(message.typeName)!)).toEqual(shape(message));
    }
  });

  it('has the rules that the generated code has not', () => {
    const email = ({ fields }: DescMessage) => getOption(fields[0]!, fieldRules).type.case;
    expect(email(RecipientsSchema)).toBeUndefined();
    expect(email(contractSet.getMessage('otp.v1.Recipients')!)).toBe('string');
  });
});
