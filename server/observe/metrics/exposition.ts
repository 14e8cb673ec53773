import { numeral, type Sample, type Spec } from './instruments.js';

/** The media type of what `expose` writes. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A metric of any kind. */
interface Shown {
  readonly spec: Pick<Spec, 'name' | 'help' | 'type'>;
  samples(): readonly Sample[];
}

/**
 * Metrics as Prometheus reads them
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, text format
 * 0.0.4). A metric without any series is left out.
 */
export function expose(instruments: Iterable<Shown>): string {
  let text = '';
  for (const instrument of instruments) {
    const { spec } = instrument;
    const samples = instrument.samples();
    if (samples.length === 0) continue;
    text += `# HELP ${spec.name} ${spec.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
    text += `# TYPE ${spec.name} ${spec.type}\n`;
    for (const sample of samples) text += line(spec.name, sample);
  }
  return text;
}

function line(name: string, { suffix, labels, value }: Sample): string {
  const pairs = labels.map(([label, text]) => `${label}="${escapeText(text)}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numeral(value)}\n`;
}

const escapeText = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
