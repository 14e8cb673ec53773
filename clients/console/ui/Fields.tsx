import type { ComponentChildren } from 'preact';

interface Common {
  readonly label: string;
  readonly name: string;
  readonly hint?: string;
  readonly required?: boolean;
}

interface TextProps extends Common {
  readonly value?: string | undefined;
  readonly type?: 'text' | 'url' | 'email' | 'password' | 'number' | 'datetime-local' | 'color';
  readonly placeholder?: string;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly pattern?: string;
}

/** Of the field for a name as the contract takes one. A browser's pattern escapes the hyphen, because it has the flag v. */
export const NAME = {
  maxLength: 63,
  pattern: String.raw`[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?`,
} as const;

/** A line of text, a number or a time, as a form sends it. */
export const Text = ({ label, hint, name, value = '', type = 'text', ...rest }: TextProps) => (
  <label class="field">
    <span>{label}</span>
    <input
      {...({ type, ...rest } as object)}
      class="input"
      name={name}
      defaultValue={value}
      autocomplete="off"
    />
    {hint && <small>{hint}</small>}
  </label>
);

/** A picture from the machine. */
export const Picture = ({ label, hint, name }: Common) => (
  <label class="field">
    <span>{label}</span>
    <input class="input" type="file" name={name} accept="image/png,image/webp" />
    {hint && <small>{hint}</small>}
  </label>
);

export const Area = ({
  label,
  hint,
  name,
  value = '',
  rows = 4,
  required = false,
}: Common & { readonly value?: string; readonly rows?: number }) => (
  <label class="field">
    <span>{label}</span>
    <textarea
      class="input area"
      name={name}
      rows={rows}
      defaultValue={value}
      required={required}
      spellcheck={false}
    />
    {hint && <small>{hint}</small>}
  </label>
);

export interface Option {
  readonly value: string | number;
  readonly word: string;
}

export const Select = ({
  label,
  hint,
  name,
  value,
  options,
}: Common & { readonly value?: string | number | undefined; readonly options: readonly Option[] }) => (
  <label class="field">
    <span>{label}</span>
    <select class="input" name={name} defaultValue={String(value ?? '')}>
      {options.map((option) => (
        <option key={option.value} value={String(option.value)} selected={option.value === value}>
          {option.word}
        </option>
      ))}
    </select>
    {hint && <small>{hint}</small>}
  </label>
);

export const Check = ({
  label,
  hint,
  name,
  value = 'on',
  checked = false,
}: Common & { readonly value?: string; readonly checked?: boolean }) => (
  <label class="check">
    <input type="checkbox" name={name} value={value} defaultChecked={checked} />
    <span>
      {label}
      {hint && <small>{hint}</small>}
    </span>
  </label>
);

export const Group = ({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) => (
  <fieldset class="group">
    <legend>{label}</legend>
    {children}
  </fieldset>
);

/** What a form holds, read by name. */
export interface Values {
  text(name: string): string;
  number(name: string): number;
  all(name: string): string[];
  lines(name: string): string[];
  has(name: string): boolean;
  /** The content of the file that was chosen. */
  file(name: string): Promise<Uint8Array | undefined>;
  /** Every name, in the order of the form. */
  names(): string[];
}

export const valuesOfForm = (form: HTMLFormElement): Values => {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? '').trim();
  return {
    text,
    number: (name) => Number(text(name) || 0),
    all: (name) => data.getAll(name).map(String),
    lines: (name) =>
      text(name)
        .split(/[\s,]+/)
        .filter(Boolean),
    has: (name) => data.has(name),
    async file(name) {
      const given = data.get(name);
      return given instanceof File && given.size > 0 ? new Uint8Array(await given.arrayBuffer()) : undefined;
    },
    names: () => [...data.keys()],
  };
};
