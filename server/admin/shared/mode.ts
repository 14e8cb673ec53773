import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import type { Mode as ModeName } from '../../domain/mode.js';

/** The mode an enum value names; undefined where none is set. */
export const modeName = (mode: Mode): ModeName | undefined =>
  mode === Mode.LIVE ? 'live' : mode === Mode.TEST ? 'test' : undefined;

/** The enum value of a mode. */
export const modeEnum = (name: ModeName): Mode => (name === 'live' ? Mode.LIVE : Mode.TEST);
