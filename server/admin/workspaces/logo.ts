import { createHash } from 'node:crypto';
import { invalid } from '../../errors.js';
import type { Collection, Documents } from '../../store/documents.js';
import type { Workspace } from './stored.js';

const MOST_BYTES = 32 * 1_024;
/** Pixels a side: a picture of more would cost each browser that shows it. */
const MOST_PIXELS = 1_024;

interface Picture {
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

/** A logo as a workspace stores it. Throws INVALID_REQUEST. */
export function readLogo(given: Uint8Array): Pick<Workspace, 'logo' | 'logoHash'> {
  if (given.length > MOST_BYTES) throw invalid('workspace.logo', `must have at most ${MOST_BYTES} bytes`);
  const bytes = Buffer.from(given);
  const picture = pictureOf(bytes);
  if (!picture) throw invalid('workspace.logo', 'must be a PNG or WebP image');
  const sides = [picture.width, picture.height];
  if (sides.some((side) => side < 1 || side > MOST_PIXELS))
    throw invalid('workspace.logo', `must have at most ${MOST_PIXELS} pixels a side`);
  return { logo: bytes.toString('base64'), logoHash: createHash('sha256').update(bytes).digest('hex') };
}

/** What a file is by its own bytes, not by its name. A browser is sent this type and guesses nothing. */
export const pictureOf = (bytes: Buffer): Picture | undefined => readPng(bytes) ?? readWebp(bytes);

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const PNG_END = Buffer.from('0000000049454e44ae426082', 'hex');

/** From the signature with the header to the last chunk: nothing is behind it. */
function readPng(bytes: Buffer): Picture | undefined {
  if (bytes.length < 45 || !bytes.subarray(0, PNG.length).equals(PNG)) return undefined;
  if (!bytes.subarray(-PNG_END.length).equals(PNG_END)) return undefined;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** RIFF of its whole length; lossy, lossless, or extended with what is in front of either. */
function readWebp(bytes: Buffer): Picture | undefined {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (bytes.length < 30 || text(0, 4) !== 'RIFF' || text(8, 12) !== 'WEBP') return undefined;
  if (bytes.readUInt32LE(4) + 8 !== bytes.length) return undefined;
  const sides = (width: number, height: number): Picture => ({ type: 'image/webp', width, height });
  switch (text(12, 16)) {
    case 'VP8 ':
      return sides(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const packed = bytes.readUInt32LE(21);
      return sides((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
    }
    case 'VP8X':
      return sides(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    default:
      return undefined;
  }
}

/** A logo as it is served. */
export interface Logo {
  readonly bytes: Buffer;
  readonly type: string;
}

/** Finds logos by their hash. */
export interface Logos {
  find(hash: string): Promise<Logo | undefined>;
}

export function createLogos(documents: Documents): Logos {
  const stored: Collection<Workspace> = documents.collection('workspaces');
  return {
    async find(logoHash) {
      const found = await stored.findOne({ logoHash, deletedAt: null });
      const bytes = found?.logo === undefined ? undefined : Buffer.from(found.logo, 'base64');
      const picture = bytes && pictureOf(bytes);
      return picture && { bytes, type: picture.type };
    },
  };
}
