/**
 * A document while it is made: the fields that not every one has are assigned.
 * On the paths of every call new fields come before a spread, not after it: V8
 * adds a field to a copied object at about a microsecond each, hundreds of times
 * what a field of a literal takes.
 */
export type Draft<T> = { -readonly [Field in keyof T]: T[Field] };
