import { Modal } from '@mantine/core'
import { useI18n } from '../i18n'
import type { Words } from '../i18n/en'
import { ENTER, MOD, SHIFT } from '../lib/keys'
import { usePrefs } from '../lib/prefs'
import { Kbd } from '../ui/Kbd'
import classes from './KeySheet.module.css'

type Line = [label: string, ...keys: string[][]]

function groupsOf(w: Words): [string, Line[]][] {
  const k = w.keys
  return [
    [k.groups.move, [[k.next, ['J'], ['↓']], [k.previous, ['K'], ['↑']], [k.open, [ENTER]], [k.back, ['Esc']], [k.everything, [MOD, 'K']], [k.sheet, ['?']]]],
    [k.groups.act, [[k.accept, [MOD, SHIFT, 'A']], [k.take, ['Y']], [k.resolve, ['E']], [k.snooze, ['S']], [k.transfer, ['T']], [k.assign, ['A']]]],
    [k.groups.write, [[k.reply, ['R']], [k.note, ['N']], [w.start.key, ['C']], [w.canned.button, ['/']], [k.send, [MOD, ENTER]]]],
    [k.groups.go, [[k.inbox, ['G', 'I']], [k.people, ['G', 'P']], [w.railBoard, ['G', 'B']], [k.admin, ['G', 'A']]]],
  ]
}

export function KeySheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { w } = useI18n()
  const { keys } = usePrefs()
  return (
    <Modal opened={opened} onClose={onClose} title={w.keys.title} size="lg" closeButtonProps={{ 'aria-label': w.common.close }}>
      {!keys && <p className={classes.off}>{w.keys.off}</p>}
      <div className={classes.groups}>
        {groupsOf(w).map(([title, lines]) => (
          <section key={title}>
            <h3 className={classes.title}>{title}</h3>
            <dl className={classes.lines}>
              {lines.map(([label, ...combos]) => (
                <div key={label} className={classes.line}>
                  <dt>{label}</dt>
                  <dd>{combos.map((combo) => <Kbd key={combo.join()} keys={combo} />)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  )
}
