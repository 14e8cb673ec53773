/**
 * A name that the caller made up, such as that of an unknown field, as an error
 * may repeat it: undefined for one that is no plausible name, because what was
 * put in a name's place by mistake may be a code, a token or an address.
 */
export const shownName = (name: string): string | undefined =>
  /^[A-Za-z_][\w .-]{0,63}$/.test(name) && !/\d{3}/.test(name) ? name : undefined;
