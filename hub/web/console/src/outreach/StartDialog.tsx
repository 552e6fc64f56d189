import { Modal } from '@mantine/core'
import { useI18n } from '../i18n'
import { showAddress } from '../lib/address'
import { Message } from './Message'
import { put, useStarting } from './starting'
import { WhomFinder } from './WhomFinder'

/** `C`: a message to somebody who has not written, or not lately. */
export function StartDialog() {
  const { w } = useI18n()
  const { opened, whom } = useStarting()
  const name = whom?.name ?? (whom?.uri ? showAddress(whom.uri) : '')
  return (
    <Modal opened={opened} onClose={put} size="lg" title={<span>{name ? w.start.titleTo(`\u2068${name}\u2069`) : w.start.title}</span>} closeButtonProps={{ 'aria-label': w.common.close }}>
      {opened && (whom ? <Message whom={whom} /> : <WhomFinder />)}
    </Modal>
  )
}
