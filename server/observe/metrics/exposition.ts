import { type Instrument, numeral, type Sample } from './instruments.js';

/** The media type of what `expose` writes. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Metrics as Prometheus reads them
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, text format
 * 0.0.4). A metric without any series is left out.
 */
export function expose(instruments: Iterable<Instrument>): string {
  let text = '';
  for (const { spec, samples } of [...instruments].map(read)) {
    if (samples.length === 0) continue;
    text += `# HELP ${spec.name} ${spec.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
    text += `# TYPE ${spec.name} ${spec.type}\n`;
    for (const sample of samples) text += line(spec.name, sample);
  }
  return text;
}

const read = (instrument: Instrument) => ({ spec: instrument.spec, samples: instrument.samples() });

function line(name: string, { suffix, labels, value }: Sample): string {
  const pairs = labels.map(([label, text]) => `${label}="${escapeText(text)}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numeral(value)}\n`;
}

const escapeText = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
