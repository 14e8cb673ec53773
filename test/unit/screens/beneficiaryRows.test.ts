import { expect, it } from 'vitest';
import { beneficiaryRows } from '../../../clients/console/beneficiaryRows.js';

it.each([
  ['commas', 'id,phone,email\r\n7,+573001112233,\r\n8,,ada@example.com\r\n'],
  [
    'semicolons, columns in another order',
    'E-mail;Beneficiary id;Phone\n;7;+573001112233\nada@example.com;8;\n',
  ],
  [
    'tabs, a byte order mark and no last line end',
    '\uFEFFid\tphone\temail\n7\t+573001112233\t\n8\t\tada@example.com',
  ],
  [
    'quotes, empty lines and cells that a spreadsheet was kept from reading',
    'id,phone,email\n\n"7","\'+573001112233",""\n"8",,"ada@example.com"\n',
  ],
])('reads rows with %s', (_, text) => {
  expect(beneficiaryRows(text)).toEqual([
    { beneficiaryId: '7', phone: '+573001112233', email: '' },
    { beneficiaryId: '8', phone: '', email: 'ada@example.com' },
  ]);
});

it('keeps separators, quotes and line ends inside quotes', () => {
  expect(beneficiaryRows('id,phone\n"a,""b""\nc",1')).toEqual([
    { beneficiaryId: 'a,"b"\nc', phone: '1', email: '' },
  ]);
});

it.each(['', 'phone,email\n+573001112233,', 'id,name\n1,Ada', '7,+573001112233'])(
  'refuses a file whose first line does not name the columns: %j',
  (text) => {
    expect(() => beneficiaryRows(text)).toThrow('The first line must name the columns');
  },
);
