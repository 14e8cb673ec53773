/** A row of the file, as ImportBeneficiaries takes it. */
export interface BeneficiaryRow {
  readonly beneficiaryId: string;
  readonly phone: string;
  readonly email: string;
}

/** The cells of CSV text (RFC 4180), separated by commas, semicolons or tabs. */
export function cellsOf(text: string): string[][] {
  const separator = [',', ';', '\t'].find((one) => text.split(/\r?\n/, 1)[0]?.includes(one)) ?? ',';
  const rows: string[][] = [[]];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === separator || char === '\n') {
      rows.at(-1)?.push(cell.trim());
      cell = '';
      if (char === '\n') rows.push([]);
    } else cell += char;
  }
  rows.at(-1)?.push(cell.trim());
  return rows.filter((row) => row.some((one) => one !== ''));
}

const NAMES: Readonly<Record<keyof BeneficiaryRow, RegExp>> = {
  beneficiaryId: /^(beneficiary[ _]?)?id$/i,
  phone: /^phone/i,
  email: /^e-?mail/i,
};

/** The rows below the heading `id,phone,email`, in any order of columns. Throws for another heading. */
export function beneficiaryRows(text: string): BeneficiaryRow[] {
  const [head = [], ...rows] = cellsOf(text.replace(/^\uFEFF/, ''));
  const column = (name: keyof BeneficiaryRow) => head.findIndex((one) => NAMES[name].test(one));
  if (column('beneficiaryId') < 0 || (column('phone') < 0 && column('email') < 0)) {
    throw new Error('The first line must name the columns: id, and phone or email.');
  }
  // What our own CSV export made text is read as it was.
  const at = (row: readonly string[], name: keyof BeneficiaryRow) =>
    (row[column(name)] ?? '').replace(/^'(?=[=+\-@])/, '');
  return rows.map((row) => ({
    beneficiaryId: at(row, 'beneficiaryId'),
    phone: at(row, 'phone'),
    email: at(row, 'email'),
  }));
}
