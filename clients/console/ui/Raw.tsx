import { type DescMessage, type MessageShape, toJsonString } from '@bufbuild/protobuf';
import type { ComponentChildren } from 'preact';
import { Code } from '../../look/Copy.js';
import { Tabs } from '../../look/Tabs.js';
import { bufCurl, curl, type RawCall } from '../raw.js';

interface Props<M extends DescMessage, I extends DescMessage> {
  readonly label: string;
  readonly schema: M;
  readonly message: MessageShape<M>;
  /** The call that reads it. */
  readonly call: RawCall<I>;
  readonly children: ComponentChildren;
}

/** An object as facts, as JSON, and as the call that reads it. */
export function Raw<M extends DescMessage, I extends DescMessage>({
  label,
  schema,
  message,
  call,
  children,
}: Props<M, I>) {
  return (
    <Tabs
      label={label}
      tabs={[
        { name: 'Overview', body: () => children },
        { name: 'JSON', body: () => <Code text={toJsonString(schema, message, { prettySpaces: 2 })} /> },
        { name: 'curl', body: () => <Code text={curl(call)} /> },
        { name: 'buf curl', body: () => <Code text={bufCurl(call)} /> },
      ]}
    />
  );
}
