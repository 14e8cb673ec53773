/**
 * The requests that the documents print, as commands of a shell in which HOST is
 * the address of the service and TOKEN the credential. Only those two differ
 * from what is printed. The beneficiary document prints curl commands, the
 * other two a request line and a body.
 */
export const BENEFICIARY = {
  send: `curl -X POST $HOST/v1/otp/send \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"beneficiary_id": "bnf_01HW8GQ2KMNP3F4R5T6Y7U8I9O",
"sponsor_slug": "sponsor-sandbox",
"channel": "SMS"
}'`,
  validate: `curl -X POST $HOST/v1/otp/validate \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"otp_id": "otp_01HX9NPQ12ABCDEFGH34567890",
"code": "482913"
}'`,
} as const;

const multichannel = (path: string, body: string) => `curl -X POST $HOST/api/v1/otp/${path} \\
-H "X-API-Key: $TOKEN" \\
-H "Content-Type: application/json" \\
-d '${body}'`;

export const MULTICHANNEL = {
  emailVerification: multichannel(
    'send',
    `{
"channels": ["email"],
"recipients": {
"email": "newuser@example.com"
},
"metadata": {
"purpose": "email_verification",
"user_id": "user_12345"
}
}`,
  ),
  verifyEmail: multichannel(
    'verify',
    `{
"token": "eyJhbGc...",
"otps": {
"email": "123456"
}
}`,
  ),
  phoneVerification: multichannel(
    'send',
    `{
"channels": ["sms", "whatsapp"],
"recipients": {
"sms": "+1234567890",
"whatsapp": "+1234567890"
},
"metadata": {
"purpose": "phone_verification"
}
}`,
  ),
  verifyWhatsapp: multichannel(
    'verify',
    `{
"token": "eyJhbGc...",
"otps": {
"whatsapp": "654321"
}
}`,
  ),
  twoFactor: multichannel(
    'send',
    `{
"channels": ["sms"],
"recipients": {
"sms": "+1234567890"
},
"config": {
"otp_length": 6,
"expiry_minutes": 5,
"max_attempts": 3
},
"metadata": {
"purpose": "2fa_login",
"user_id": "user_12345"
}
}`,
  ),
} as const;

export const MESSAGING = {
  verify: `curl -X POST $HOST/v1/messaging/otp/verify \\
-H "Authorization: Bearer $TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
  "sessionId": "feab6011-2469-4804-ace5-ee9dcb5b9ef2",
  "code": "123456"
}'`,
} as const;
