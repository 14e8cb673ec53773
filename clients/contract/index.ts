/** The contract as types and schemas: messages, enums and services, generated from proto/otp/v1. */
export * from '../../gen/otp/v1/otp_service_pb.js';
export * from '../../gen/otp/v1/requirement_service_pb.js';
export * from '../../gen/otp/v1/session_pb.js';
export * from '../../gen/otp/v1/verification_page_service_pb.js';
export * from '../../gen/otp/v1/verification_token_service_pb.js';
