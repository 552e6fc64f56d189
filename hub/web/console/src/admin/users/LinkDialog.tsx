import { Button, CopyButton, Modal } from '@mantine/core'
import type { MadeLink, User } from '../../api/accessTypes'
import { useI18n } from '../../i18n'
import classes from './Users.module.css'

/** A link that could not be sent, or was not to be: shown once, to be handed over. */
export function LinkDialog({ user, link, onClose }: { user: User; link: MadeLink; onClose: () => void }) {
  const { w } = useI18n()
  return (
    <Modal opened onClose={onClose} size="md" title={<bdi>{w.users.linkTitle(user.name)}</bdi>} closeButtonProps={{ 'aria-label': w.common.close }}>
      <div className={classes.form}>
        {link.not_sent && <p dir="auto">{w.users.notSent(link.not_sent)}</p>}
        <div className={classes.link} data-testid="link-url">{link.url}</div>
        <p>{w.users.linkHelp}</p>
        <div className={classes.foot}>
          <CopyButton value={link.url}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? w.users.copied : w.users.copy}</Button>}</CopyButton>
          <Button onClick={onClose}>{w.common.close}</Button>
        </div>
      </div>
    </Modal>
  )
}
