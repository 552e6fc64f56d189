import { api } from '../api/calls'
import type { MoveBody } from '../api/repliesTypes'
import type { Id } from '../api/types'
import type { Words } from '../i18n/en'
import { showDone, showProblem } from '../lib/problem'
import { go, paths } from '../lib/router'

/** Move an entry; the words that say so take it back. Whether it was moved. */
export async function moveEntry(entry: Id, from: Id, body: MoveBody, done: string, w: Words): Promise<boolean> {
  try {
    const moved = await api.moveEntry(entry, body)
    if (body.new) go(paths.conversation(moved.conversation))
    showDone(done, { label: w.conversation.undo, run: () => void undoMove(moved.undo, w, from) })
    return true
  } catch (error) {
    showProblem(error, w)
    return false
  }
}

/** Take a move back, and go to where the entry is then. */
export async function undoMove(move: Id, w: Words, open?: Id): Promise<boolean> {
  try {
    const moved = await api.undoMove(move)
    go(paths.conversation(open ?? moved.conversation))
    showDone(w.replies.undone)
    return true
  } catch (error) {
    showProblem(error, w)
    return false
  }
}
