/** Whether a sender is a phone number, not a name. */
export const isPhoneNumber = (sender: string): boolean => /^\+\d+$/.test(sender);

/** Whether a sender is a number that is dialled only within its country. */
export const isShortCode = (sender: string): boolean => /^\d{3,8}$/.test(sender);
