import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { CountersignOtpAttributes } from './attributes.js';
import type { CountersignOtp } from './index.js';

type Html = DetailedHTMLProps<HTMLAttributes<CountersignOtp>, CountersignOtp>;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'countersign-otp': Omit<Html, keyof CountersignOtpAttributes> & CountersignOtpAttributes;
    }
  }
}
