import { type DescMessage, type DescMethod, type MessageShape, toJsonString } from '@bufbuild/protobuf';

/** A call as other tools make it. The key is never in it. */
export interface RawCall<I extends DescMessage = DescMessage> {
  readonly method: DescMethod & { readonly input: I };
  readonly request: MessageShape<I>;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const pathOf = ({ parent, name }: DescMethod): string => `${location.origin}/${parent.typeName}/${name}`;

export const curl = <I extends DescMessage>({ method, request }: RawCall<I>): string =>
  [
    `curl ${pathOf(method)}`,
    `-H "Authorization: Bearer $COUNTERSIGN_KEY"`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(toJsonString(method.input, request))}`,
  ].join(' \\\n  ');

export const bufCurl = <I extends DescMessage>({ method, request }: RawCall<I>): string =>
  [
    `buf curl --protocol connect`,
    `-H "Authorization: Bearer $COUNTERSIGN_KEY"`,
    `-d ${quoted(toJsonString(method.input, request))}`,
    pathOf(method),
  ].join(' \\\n  ');
