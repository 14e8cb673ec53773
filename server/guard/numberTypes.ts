import { NumberType as NumberTypeEnum } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { NUMBER_TYPES, type NumberType } from '../domain/numberType.js';

/** The enum value of a number type. */
export const numberTypeEnum = (type: NumberType): NumberTypeEnum => NumberTypeEnum[type];

/** The number type of an enum value that the contract has checked. */
export const numberTypeName = (value: NumberTypeEnum): NumberType =>
  NUMBER_TYPES.find((type) => NumberTypeEnum[type] === value) as NumberType;
