import type { ClassAttributes, HTMLAttributes } from 'preact';
import type { CountersignOtpAttributes } from './attributes.js';
import type { CountersignOtp } from './index.js';

type Html = HTMLAttributes<CountersignOtp> & ClassAttributes<CountersignOtp>;

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'countersign-otp': Omit<Html, keyof CountersignOtpAttributes> & CountersignOtpAttributes;
    }
  }
}
