/** English words of a hub on hold and of what it forgets; part of the catalogue. */
type Shown = string

const one = (count: number, single: string, many: string): string => (count === 1 ? single : many)

export const nights = {
  hold: {
    title: 'On hold',
    restored: (when: string): string => `Restored from a backup of ${when}.`,
    copy: 'Started as a copy.',
    still: 'Nothing is fetched, sent or answered by itself.',
    waiting: (count: number, shown: Shown): string => one(count, '1 message waits for a decision.', `${shown} messages wait for a decision.`),
    end: 'An admin ends it with',
    command: 'hub release',
  },
  retention: {
    title: 'How long things are kept',
    intro: 'The timeline and the counts above stay. What is older goes by itself, in the background.',
    keep: { raw: 'What providers sent us, word for word', events: 'Log that open screens follow', exchanges: 'Answers of providers to each attempt' } as Record<string, string>,
    days: (count: number, shown: Shown): string => one(count, '1 day', `${shown} days`),
    gone: 'Gone so far',
    none: 'Nothing was old enough yet.',
    what: {
      raw: 'bodies of requests', files: 'files copied out of mails', events: 'events', exchanges: 'answers of providers',
      blobs: 'files that nothing names', strays: 'files removed from the disk', claims: 'marks of the spool',
      codes: 'codes sent to an address', uploads: 'files put up and never sent',
    } as Record<string, string>,
    last: (shown: Shown, when: string): string => `${shown} of them ${when}`,
    held: (count: number, shown: Shown): string => one(count, '1 request is kept beyond its time', `${shown} requests are kept beyond their time`),
    failed: 'it failed and is not settled',
  },
}
