/** Who published, if it was a person: `command` and `token:3` are no names to show. */
export const personOf = (by: string | null): string => (!by || by === 'command' || /^\w+:\d+$/.test(by) ? '' : by)
