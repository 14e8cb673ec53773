import { Failure } from '../errors.js';
import type { HttpHandler, HttpRequest } from './message.js';
import type { PrefixRoute } from './router.js';

/**
 * Routes for the services a Connect handler serves, named as in the contract
 * (`otp.v1.OtpService`). GET is Connect's form for calls without side effects.
 */
export function rpcRoutes(services: readonly string[], handler: HttpHandler): PrefixRoute[] {
  const handle: HttpHandler = (req, res) => {
    // Connect's adapter builds a URL from this header before it looks at anything else, and throws.
    if (!URL.canParse(`http://${authorityOf(req)}`)) {
      throw new Failure('INVALID_REQUEST', { message: 'The Host header is not valid.' });
    }
    return handler(req, res);
  };
  return services.map((service) => ({
    prefix: `/${service}/`,
    methods: ['POST', 'GET'],
    crossOrigin: true,
    handle,
  }));
}

const authorityOf = (req: HttpRequest): string =>
  ('authority' in req ? req.authority : req.headers.host) ?? '';
