/** English words for whom an answer goes to, why an entry is here, and moving it. */
type Shown = string

const one = (count: number, single: string, many: string): string => (count === 1 ? single : many)

export const replies = {
  replies: {
    answering: (words: string): string => `Answering “${words}”`,
    answerLast: 'Answer the last message instead',
    replyAddress: 'reply address',
    replyToHint: (address: string): string => `They ask for answers at ${address}, which is not the address they wrote from`,
    addBack: (name: string): string => `Add ${name}`,
    leftOut: 'Not included',
    leftOutWhy: {
      sender: 'The sender’s own address: they ask for answers elsewhere',
      blind: 'You were a blind copy: an answer to them would give you away',
      forwarder: 'The colleague who forwarded it',
      opted_out: 'Has opted out',
      blocked: 'Is blocked',
    },
    blind: 'You had this as a blind copy. Only the sender is answered.',
    wentTo: (names: string): string => `To ${names}`,
    wroteTo: (names: string): string => `Also to ${names}`,

    menu: 'What to do with this message',
    answerThis: 'Reply to this message',
    whyHere: 'Why is this here?',
    split: 'Split off into a new conversation',
    splitLater: 'Split off from here on',
    move: 'Move to another conversation…',

    viaForm: (from: string): string => `Web form of ${from}`,
    forwardedBy: (name: string): string => `Forwarded by ${name}`,
    alsoIn: (channels: string): string => `Also reached ${channels}`,

    splitDone: 'Split off',
    moveDone: (subject: string): string => (subject ? `Moved to “${subject}”` : 'Moved'),
    undone: 'Taken back',
    open: 'Open',

    moveTitle: 'Move to another conversation',
    moveOf: (name: string): string => `Matters of ${name}`,
    moveNone: 'No other conversation with this person.',
    moveCode: 'Or by tracking code',
    moveCodeHint: 'Eight digits, as customers read them out',
    moveLater: 'Also everything written after it',
    moveSubmit: 'Move',
    moveHelp: 'Waiting time and place in line go along. You can take it back.',

    line: {
      movedHere: (by: string, count: number, shown: Shown): string => `${by} moved ${one(count, 'a message', `${shown} messages`)} here`,
      movedAway: (by: string, count: number, shown: Shown): string => `${by} moved ${one(count, 'a message', `${shown} messages`)} to another conversation`,
      backHere: (by: string): string => `${by} took the move back: it is here again`,
      backAway: (by: string): string => `${by} took the move back`,
    },

    why: {
      title: 'Why is this here?',
      undo: 'Take it back',
      new: 'It began a new matter: nothing in it named an earlier one.',
      token: 'It answers a mail of ours: its reference carries our signature for this matter.',
      references: (when: string, ours: boolean): string => (when ? `It names ${ours ? 'our' : 'a'} mail of ${when} in this matter, and its sender takes part.` : 'It names an earlier mail of this matter, and its sender takes part.'),
      channel: 'It continues this person’s last matter on this channel.',
      bounce: 'It reports that a message of this matter did not arrive.',
      code: 'It carries the tracking code of this matter, and comes from the same person.',
      history: 'It was in the mailbox before the mailbox was connected.',
      elsewhere: 'Somebody of us sent it from another mail program.',
      other_person: 'It names a mail of another matter, but comes from somebody who was not part of it.',
      closed: 'It names a matter that was closed too long ago, so it began a new one.',
      spam: 'It names a matter that is spam, so it began a new one.',
      form: (from: string): string => `${from} sent it for a customer: the customer is who it wants answers to.`,
      formOurs: 'It came from our own address for a customer: the customer is who it wants answers to.',
      forwarded: (by: string): string => `${by} forwarded it. It is filed under its original sender.`,
      forwardProven: 'The forwarder’s address is proven; the original sender is only what the forward says.',
      forwardUnproven: 'Neither the forwarder nor the original sender is proven.',
      person: (address: string, name: string): string => (name ? `${address} belongs to ${name}.` : `It came from ${address}.`),
      verified: 'The address is proven.',
      seen: 'The address is not proven.',
      linked: 'An agent or a proof joined this address with the person.',
      arrivals: (places: string): string => `It reached several of our mailboxes and is shown once: ${places}.`,
      moved: (by: string, when: string): string => `${by || 'A program'} moved it here ${when}.`,
      movedFrom: (subject: string): string => `Before, it was in “${subject}”.`,
      movedUndone: (by: string, when: string): string => `${by || 'A program'} moved it, and it was taken back ${when}.`,
      written: (by: string): string => (by ? `${by} wrote it here.` : 'A program wrote it here.'),
      automatic: (template: string): string => (template ? `The hub wrote it by itself, from “${template}”.` : 'The hub wrote it by itself.'),
      note: 'Somebody wrote it here for colleagues.',
      forward_note: (by: string): string => `${by} wrote it above the mail that they forwarded.`,
      same_id: 'Another mail has the same Message-ID and other words; both are kept.',
      line: 'It tells what was done here.',
      openThat: 'Open that conversation',
    },
  },
}

export type RepliesWords = typeof replies
